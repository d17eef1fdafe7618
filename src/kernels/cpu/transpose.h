// SPDX-License-Identifier: Apache-2.0
// Transpose of a square of 4-byte elements as wide as a vector, in registers. For *_isa.cpp files
// only, as vec.h.
#pragma once

#include "kernels/cpu/vec.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

template <int H>
TENON_INLINE void butterfly(vf* r) {
  vi low, high;
  for (int l = 0; l < kW; ++l) {
    low[l] = (l & H) ? kW + l - H : l;
    high[l] = (l & H) ? kW + l : l + H;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kW; ++i) {
    if (i & H) continue;
    const vf a = r[i], b = r[i + H];
    r[i] = __builtin_shuffle(a, b, low);
    r[i + H] = __builtin_shuffle(a, b, high);
  }
}

/// r[i][j] becomes r[j][i].
TENON_INLINE void transpose(vf* r) {
  if constexpr (kW >= 16) butterfly<8>(r);
  if constexpr (kW >= 8) butterfly<4>(r);
  butterfly<2>(r);
  butterfly<1>(r);
}

/// dst[j * dst_stride + i] = src[i * src_stride + j] for i < rows, j < cols; both at most kW.
/// Writes whole vectors: lanes i in [rows, kW) of dst become 0.
TENON_INLINE void transpose_tile(const float* src, int64_t src_stride, float* dst,
                                 int64_t dst_stride, int64_t rows, int64_t cols, float factor) {
  vf r[kW];
  if (rows == kW && cols == kW) {
#pragma GCC unroll 16
    for (int i = 0; i < kW; ++i) r[i] = load(src + i * src_stride) * factor;
    transpose(r);
#pragma GCC unroll 16
    for (int i = 0; i < kW; ++i) store(dst + i * dst_stride, r[i]);
    return;
  }
  for (int i = 0; i < kW; ++i) {
    r[i] = vf{};
    if (i < rows)
      r[i] = (cols == kW ? load(src + i * src_stride) : load_part(src + i * src_stride, cols)) *
             factor;
  }
  transpose(r);
  for (int i = 0; i < kW; ++i) {
    if (i < cols) store(dst + i * dst_stride, r[i]);
  }
}

}  // namespace
}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
