// SPDX-License-Identifier: Apache-2.0
// 128-bit non-cryptographic digest of bytes, used to tell plans and problems apart. Streaming:
// feed() any number of pieces; the digest depends on the bytes and on the piece borders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tenon {

class Digest {
 public:
  void feed(const void* data, size_t size);
  void feed(const std::string& text) { feed(text.data(), text.size()); }
  struct Value {
    uint64_t lo, hi;
  };
  Value value() const;
  std::string hex() const;

 private:
  uint64_t lane_[4] = {0x243F6A8885A308D3ull, 0x13198A2E03707344ull, 0xA4093822299F31D0ull,
                       0x082EFA98EC4E6C89ull};  // digits of pi
  uint64_t length_ = 0;
};

std::string hex(Digest::Value value);

}  // namespace tenon
