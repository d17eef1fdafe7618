// SPDX-License-Identifier: Apache-2.0
// Direct convolution of a small image, one instruction set per compilation: a tile is a few output
// planes by one or two vectors along a row; every weight is broadcast once per tile.
#include "kernels/cpu/direct_conv.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/vec.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

#if defined(__AVX512F__)
constexpr int kPlanes = 8;  // 8 x 2 accumulators
#else
constexpr int kPlanes = 6;  // 6 x 2 accumulators of 16 registers
#endif

// The V vectors of a tile lie side by side in a row, or (`stacked`) in rows below each other.
template <int P, int V, bool stacked>
TENON_INLINE void tile(const DirectConvArgs& a, int64_t plane, int64_t row, int64_t column) {
  vf acc[P][V];
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) acc[p][v] = splat(a.bias ? a.bias[plane + p] : 0.0f);
  const int64_t step = a.channels * a.window_h * a.window_w;
  const float* w = a.weights + plane * step;
  for (int64_t c = 0; c < a.channels; ++c) {
    for (int64_t i = 0; i < a.window_h; ++i) {
      const float* x = a.image + (c * a.padded_h + row + i) * a.padded_w + column;
      for (int64_t j = 0; j < a.window_w; ++j, ++w) {
        vf u[V];
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v) u[v] = load(x + j + v * (stacked ? a.padded_w : kW));
#pragma GCC unroll 8
        for (int p = 0; p < P; ++p) {
          const vf k = splat(w[p * step]);
#pragma GCC unroll 2
          for (int v = 0; v < V; ++v) acc[p][v] = fma(k, u[v], acc[p][v]);
        }
      }
    }
  }
  for (int p = 0; p < P; ++p) {
    for (int v = 0; v < V; ++v) {
      const int64_t shift = stacked ? 0 : v * kW, below = stacked ? v : 0;
      const int64_t at = ((plane + p) * a.out_h + row + below) * a.out_w + column + shift;
      const int64_t left = a.out_w - column - shift, n = left < kW ? left : kW;
      if (n <= 0) continue;
      vf r = acc[p][v];
      if (a.residual) r += n == kW ? load(a.residual + at) : load_part(a.residual + at, n);
      n == kW ? store(a.out + at, r) : store_part(a.out + at, r, n);
    }
  }
}

template <int P>
void planes(const DirectConvArgs& a, int64_t plane, int64_t row, bool two_rows) {
  if (two_rows) return tile<P, 2, true>(a, plane, row, 0);
  for (int64_t c = 0; c < a.out_w; c += 2 * kW) {
    a.out_w - c > kW ? tile<P, 2, false>(a, plane, row, c) : tile<P, 1, false>(a, plane, row, c);
  }
}

template <int P>
void last_planes(const DirectConvArgs& a, int64_t count, int64_t plane, int64_t row, bool two) {
  if (count == P) return planes<P>(a, plane, row, two);
  if constexpr (P > 1) last_planes<P - 1>(a, count, plane, row, two);
}

void rows(const DirectConvArgs& a, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end;) {
    const bool two = a.out_w <= kW && row + 1 < end;
    int64_t p = 0;
    for (; p + kPlanes <= a.kernels; p += kPlanes) planes<kPlanes>(a, p, row, two);
    if (p < a.kernels) last_planes<kPlanes>(a, a.kernels - p, p, row, two);
    row += two ? 2 : 1;
  }
}

constexpr ConvFns kFns{&rows};

}  // namespace

const ConvFns& conv_fns() { return kFns; }

}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
