// SPDX-License-Identifier: Apache-2.0
// A few rows times a transposed matrix, one instruction set per compilation: dot products of four
// weight rows at a time with up to four input rows, two vectors of depth per step.
#include "kernels/cpu/gemv.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/vec.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

#if defined(__AVX512F__)
constexpr int kTile = 4;  // input rows of a tile: 4 x 4 accumulators
#else
constexpr int kTile = 2;  // 2 x 4 accumulators
#endif

template <int R, int C>
TENON_INLINE void tile(const GemvArgs& a, int64_t row, int64_t column) {
  vf acc[R][C];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) acc[r][c] = vf{};
  const float *x = a.x + row * a.depth, *w = a.w + column * a.depth;
  auto step = [&](int64_t k, int64_t n) {
    vf u[R];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      u[r] = n == kW ? load(x + r * a.depth + k) : load_part(x + r * a.depth + k, n);
    }
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
      const vf v = n == kW ? load(w + c * a.depth + k) : load_part(w + c * a.depth + k, n);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) acc[r][c] = fma(u[r], v, acc[r][c]);
    }
  };
  int64_t k = 0;
  for (; k + kW <= a.depth; k += kW) step(k, kW);
  if (k < a.depth) step(k, a.depth - k);
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      const int64_t at = (row + r) * a.columns + column + c;
      float v = sum_of(acc[r][c]);
      if (a.bias) v += a.bias[column + c];
      if (a.residual) v += a.residual[at];
      a.out[at] = v;
    }
  }
}

// All rows before the next weights: four rows of weights stay in L1, the whole input in L2.
template <int C>
void group(const GemvArgs& a, int64_t column) {
  int64_t r = 0;
  for (; r + kTile <= a.rows; r += kTile) tile<kTile, C>(a, r, column);
  for (; r < a.rows; ++r) tile<1, C>(a, r, column);
}

void columns(const GemvArgs& a, int64_t begin, int64_t end) {
  int64_t c = begin;
  for (; c + 4 <= end; c += 4) group<4>(a, c);
  for (; c < end; ++c) group<1>(a, c);
}

constexpr GemvFns kFns{&columns};

}  // namespace

const GemvFns& gemv_fns() { return kFns; }

}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
