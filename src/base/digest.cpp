// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <cstdio>
#include <cstring>

namespace tenon {
namespace {

// Folded 64x64 -> 128 bit product: every input bit reaches every output bit.
uint64_t fold(uint64_t a, uint64_t b) {
  unsigned __int128 p = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(p) ^ static_cast<uint64_t>(p >> 64);
}

constexpr uint64_t kOdd[4] = {0x9E3779B97F4A7C15ull, 0xC2B2AE3D27D4EB4Full, 0x165667B19E3779F9ull,
                              0xD6E8FEB86659FD93ull};

}  // namespace

void Digest::feed(const void* data, size_t size) {
  const char* p = static_cast<const char*>(data);
  length_ += size;
  size_t left = size;
  uint64_t word[4];
  for (; left >= 32; left -= 32, p += 32) {
    std::memcpy(word, p, 32);
    for (int i = 0; i < 4; ++i) lane_[i] = fold(lane_[i] ^ word[i], kOdd[i]) + word[(i + 1) & 3];
  }
  std::memset(word, 0, sizeof word);
  if (left) std::memcpy(word, p, left);
  word[3] ^= static_cast<uint64_t>(size) << 8 | left;
  for (int i = 0; i < 4; ++i)
    lane_[i] = fold(lane_[i] ^ word[i], kOdd[(i + 1) & 3]) + lane_[(i + 1) & 3];
}

Digest::Value Digest::value() const {
  uint64_t lo = fold(lane_[0] ^ length_, kOdd[0]) ^ fold(lane_[1], lane_[2] ^ kOdd[1]);
  uint64_t hi = fold(lane_[2] ^ length_, kOdd[2]) ^ fold(lane_[3], lane_[0] ^ kOdd[3]);
  return {lo, hi};
}

std::string hex(Digest::Value v) {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(v.hi),
                static_cast<unsigned long long>(v.lo));
  return text;
}

std::string Digest::hex() const { return tenon::hex(value()); }

}  // namespace tenon
