// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tenon {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // bit-reversed

using Tables = std::array<std::array<uint32_t, 256>, 8>;

// tables[k][b]: effect of byte b followed by k zero bytes, so that eight bytes go in one step.
constexpr Tables make_castagnoli_tables() {
  Tables t{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? kPolynomial : 0);
    t[0][b] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (uint32_t b = 0; b < 256; ++b) t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 0xff];
  }
  return t;
}

constexpr Tables kCastagnoli = make_castagnoli_tables();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t crc32c_sse42(const void* data, size_t size,
                                                        uint32_t previous) {
  const auto* p = static_cast<const unsigned char*>(data);
  uint64_t crc = static_cast<uint32_t>(~previous);
  for (; size >= 8; p += 8, size -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  auto narrow = static_cast<uint32_t>(crc);
  for (; size > 0; ++p, --size) narrow = _mm_crc32_u8(narrow, *p);
  return ~narrow;
}
#endif

}  // namespace

namespace detail {
uint32_t crc32c_table(const void* data, size_t size, uint32_t previous) {
  static_assert(std::endian::native == std::endian::little);
  const auto* p = static_cast<const unsigned char*>(data);
  uint32_t crc = ~previous;
  for (; size >= 8; p += 8, size -= 8) {
    uint32_t lo, hi;
    std::memcpy(&lo, p, 4);
    std::memcpy(&hi, p + 4, 4);
    lo ^= crc;
    crc = kCastagnoli[7][lo & 0xff] ^ kCastagnoli[6][(lo >> 8) & 0xff] ^
          kCastagnoli[5][(lo >> 16) & 0xff] ^ kCastagnoli[4][lo >> 24] ^ kCastagnoli[3][hi & 0xff] ^
          kCastagnoli[2][(hi >> 8) & 0xff] ^ kCastagnoli[1][(hi >> 16) & 0xff] ^
          kCastagnoli[0][hi >> 24];
  }
  for (; size > 0; ++p, --size) crc = (crc >> 8) ^ kCastagnoli[0][(crc ^ *p) & 0xff];
  return ~crc;
}
}  // namespace detail

uint32_t crc32c(const void* data, size_t size, uint32_t previous) {
#if defined(__x86_64__)
  static const bool kHardware = __builtin_cpu_supports("sse4.2");
  if (kHardware) return crc32c_sse42(data, size, previous);
#endif
  return detail::crc32c_table(data, size, previous);
}

}  // namespace tenon
