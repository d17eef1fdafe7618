// SPDX-License-Identifier: Apache-2.0
// What becomes of a tile's sums of products: they go into the output, with what is added to them.
// For files compiled for one instruction set, see vec.h.
#pragma once

#include "kernels/cpu/gemm.h"
#include "kernels/cpu/vec.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

TENON_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
TENON_INLINE int64_t round_up(int64_t n, int64_t m) { return (n + m - 1) / m * m; }

struct GemmOut {
  float* out;
  const float *bias, *residual;  // null: none, or added by earlier products
  int64_t stride, columns;       // columns: that exist from here on in the panel
  bool add;                      // to what earlier products left in out
};

/// The output from (row, column) on, where `width` columns of the panel are left. `begins`: these
/// are the first products.
TENON_INLINE GemmOut gemm_out(const GemmArgs& a, int64_t row, int64_t column, int64_t width,
                              bool begins) {
  const int64_t at = row * a.columns + column;
  return {a.out + at,
          begins && a.bias ? a.bias + column : nullptr,
          begins && a.residual ? a.residual + at : nullptr,
          a.columns,
          width,
          !begins};
}

TENON_INLINE vf load_some(const float* p, int64_t n) {
  return n >= kW ? load(p) : n > 0 ? load_part(p, n) : vf{};
}
TENON_INLINE void store_some(float* p, vf v, int64_t n) {
  if (n >= kW) return store(p, v);
  if (n > 0) store_part(p, v, n);
}

/// Row r, vector v of a tile.
TENON_INLINE void put(const GemmOut& o, int r, int v, vf sum) {
  const int64_t n = o.columns - v * kW, at = r * o.stride + v * kW;
  if (o.add) sum += load_some(o.out + at, n);
  if (o.bias) sum += load_some(o.bias + v * kW, n);
  if (o.residual) sum += load_some(o.residual + at, n);
  store_some(o.out + at, sum, n);
}

/// The activation of rows [row, row_end), at most `most` columns from `first` on.
[[maybe_unused]] void activate(const GemmArgs& a, int64_t row, int64_t row_end, int64_t first,
                               int64_t most) {
  const int64_t width = least(most, a.columns - first);
  for (int64_t r = row; r < row_end; ++r) {
    float* out = a.out + r * a.columns + first;
    a.activation(out, out, nullptr, nullptr, width, a.params);
  }
}

}  // namespace
}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
