// SPDX-License-Identifier: Apache-2.0
// A tensor seen as [outer][axis][inner] in its memory order, for kernels that work along an axis:
// CPU and CUDA alike. Plain values; thread safe.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "kernels/cpu/nd.h"

namespace tenon::kernels::cpu {

struct Slabs {
  int64_t outer = 1, axis = 1, inner = 1;
};

/// The dims that a reduce or an adaptive_pooling layer to one position takes together.
std::vector<bool> reduced_dims(const Problem& p);
/// The view along one dim, in every layout.
Slabs slabs_along(const TensorDesc& x, int64_t axis);
/// The view in which the `reduced` dims are `axis` and y is [outer][inner], if there is one. x is
/// not empty.
std::optional<Slabs> slabs_reduced(const TensorDesc& x, const TensorDesc& y,
                                   const std::vector<bool>& reduced);
/// Strides of y over the dims of x, 0 along the reduced ones (which y may have dropped).
Ints kept_strides(const TensorDesc& y, const std::vector<bool>& reduced);

/// body(slab, begin, end) on strips of columns [begin, end) of each slab, in parallel; `cost` is
/// that of one column in about one operation an element.
template <typename Body>
void for_each_strip(const Slabs& s, int64_t cost, const Body& body) {
  constexpr int64_t kStrip = 128;
  const int64_t strips = (s.inner + kStrip - 1) / kStrip;
  const int64_t grain = std::max<int64_t>(1, kGrain / cost / std::min(kStrip, s.inner));
  parallel_for(s.outer * strips, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = i % strips * kStrip;
      body(i / strips, column, std::min(column + kStrip, s.inner));
    }
  });
}

}  // namespace tenon::kernels::cpu
