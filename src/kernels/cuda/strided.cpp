// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/strided.h"

namespace tenon::kernels::cuda_kernels {

Divider make_divider(int64_t divisor) {
  TENON_ASSERT(divisor > 0 && divisor < (int64_t{1} << 31), "divisor ", divisor);
  Divider d;
  d.divisor = static_cast<uint32_t>(divisor);
  while ((uint64_t{1} << d.shift) < d.divisor) ++d.shift;
  const uint64_t excess = (uint64_t{1} << d.shift) - d.divisor;
  d.magic = static_cast<uint32_t>((excess << 32) / d.divisor + 1);
  return d;
}

namespace {

void add_parts(const Space& space, Part part, int64_t most, std::vector<Part>& out) {
  if (cpu::product(part.dims) <= most) {
    out.push_back(std::move(part));
    return;
  }
  size_t d = 0;
  while (part.dims[d] == 1) ++d;
  // As many indices of the outermost dim as fit, at least one.
  const int64_t below = cpu::product(part.dims, d + 1), all = part.dims[d];
  const int64_t some = std::max<int64_t>(1, most / below);
  for (int64_t at = 0; at < all; at += some) {
    Part p = part;
    p.dims[d] = std::min(some, all - at);
    for (size_t k = 0; k < p.starts.size(); ++k) p.starts[k] += at * space.strides[k][d];
    add_parts(space, std::move(p), most, out);
  }
}

}  // namespace

std::vector<Part> split(const Space& space, int64_t most) {
  std::vector<Part> parts;
  if (cpu::product(space.dims) == 0) return parts;
  add_parts(space, {space.dims, Ints(space.strides.size(), 0)}, most, parts);
  return parts;
}

bool aligned_for(const Space& space, size_t k, uintptr_t address, int64_t width, int64_t size) {
  const Ints& strides = space.strides[k];
  if (strides.back() != 1 || address % static_cast<uintptr_t>(width * size) != 0) return false;
  for (size_t d = 0; d + 1 < strides.size(); ++d) {
    if (strides[d] % width != 0) return false;
  }
  return true;
}

}  // namespace tenon::kernels::cuda_kernels
