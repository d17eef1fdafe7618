// SPDX-License-Identifier: Apache-2.0
// Host twin of src/strided.cuh, and the parts that a walk is cut into so that 32 bits number its
// items. Plain values.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/nd.h"

namespace tenon::kernels::cuda_kernels {

using cpu::Ints;
using cpu::Space;

constexpr size_t kMaxRank = 8;

/// Divides numbers below 2^31: (high half of n * magic + n) >> shift.
struct Divider {
  uint32_t divisor = 1, magic = 1, shift = 0;
};
Divider make_divider(int64_t divisor);
/// What the device computes.
inline uint32_t divide(uint32_t n, const Divider& d) {
  const uint64_t high = (static_cast<uint64_t>(n) * d.magic) >> 32;
  return (static_cast<uint32_t>(high) + n) >> d.shift;
}

/// A part of a Space: its dims, and where each operand's part starts, in elements.
struct Part {
  Ints dims;
  Ints starts;
};
/// The whole space in parts of at most `most` elements; none if it is empty.
std::vector<Part> split(const Space& space, int64_t most = int64_t{1} << 30);

/// Can operand `k` of the space be read `width` elements at a time along the innermost dim, given
/// the address of its first element? Its innermost stride must be 1.
bool aligned_for(const Space& space, size_t k, uintptr_t address, int64_t width, int64_t size);

}  // namespace tenon::kernels::cuda_kernels
