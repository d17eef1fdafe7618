// SPDX-License-Identifier: Apache-2.0
// Eight bytes a step with eight tables: table k holds the CRC of a byte followed by k zero bytes.
#include <array>

#include "base/zip.h"

namespace tenon {
namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables t{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) ? 0xEDB88320u : 0u);
    t[0][i] = c;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t i = 0; i < 256; ++i) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 255];
  }
  return t;
}

constexpr Tables kTables = make_tables();

uint32_t byte_at(const std::byte* p, int i) { return std::to_integer<uint32_t>(p[i]); }

}  // namespace

uint32_t crc32(std::span<const std::byte> bytes, uint32_t seed) {
  uint32_t c = ~seed;
  const std::byte* p = bytes.data();
  size_t n = bytes.size();
  for (; n >= 8; n -= 8, p += 8) {
    c ^= byte_at(p, 0) | byte_at(p, 1) << 8 | byte_at(p, 2) << 16 | byte_at(p, 3) << 24;
    c = kTables[7][c & 255] ^ kTables[6][(c >> 8) & 255] ^ kTables[5][(c >> 16) & 255] ^
        kTables[4][c >> 24] ^ kTables[3][byte_at(p, 4)] ^ kTables[2][byte_at(p, 5)] ^
        kTables[1][byte_at(p, 6)] ^ kTables[0][byte_at(p, 7)];
  }
  for (; n > 0; --n, ++p) c = (c >> 8) ^ kTables[0][(c ^ byte_at(p, 0)) & 255];
  return ~c;
}

}  // namespace tenon
