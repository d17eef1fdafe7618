// SPDX-License-Identifier: Apache-2.0
// Matrix times packed panels, one instruction set per compilation. A register tile is 6 rows by
// kVectors vectors of columns; it adds up kStep products and is then added to the output, so that
// sums are made of shorter ones (which rounds less than one long sum). The rows of a block and
// their part of a panel (64 KiB) stay in L2; what a tile needs next is asked for ahead of time,
// because the caches of a core are often shared with another hardware thread, and then even what
// was just used has to be fetched again.
#include "kernels/cpu/gemm.h"
#include "kernels/cpu/gemm_out.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/vec.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

#if defined(__AVX512F__)
constexpr int kVectors = 4;  // 6 x 4 accumulators of 32 registers
#else
constexpr int kVectors = 2;  // 6 x 2 accumulators of 16 registers
#endif
constexpr int64_t kTileColumns = kVectors * kW;
constexpr int kTileRows = kGemmRows;
constexpr int64_t kStep = 256;            // products of a short sum
constexpr int64_t kDeep = 3 * kStep;      // products for which a block of rows stays in L2
constexpr int64_t kBlockFloats = 131072;  // of x in a block of rows: 512 KiB
constexpr int64_t kLine = 16;             // floats of a cache line
constexpr int64_t kEach = 4;              // products for which one line ahead is asked for

// Where a tile is, and what it does beside the products.
struct Tile {
  const float *x, *w;       // first row; first row of the tile's columns of a panel
  int64_t x_stride, depth;  // depth: products of this short sum
  GemmOut out;
  const float* ahead;  // what to bring into L2 meanwhile
};

template <int R>
void tile(const Tile& t) {
  vf acc[R][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) acc[r][v] = vf{};
  const float *x = t.x, *w = t.w, *ahead = t.ahead;
  const int64_t depth = t.depth, stride = t.x_stride;
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v)
      __builtin_prefetch(t.out.out + r * t.out.stride + v * kW, 1, 3);
  const auto add_product = [&](int64_t k) __attribute__((always_inline)) {
    vf b[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) b[v] = load(w + k * kPanel + v * kW);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const vf a = splat(x[r * stride + k]);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) acc[r][v] = fma(a, b[v], acc[r][v]);
    }
  };
  int64_t k = 0;
  for (; k + kLine <= depth; k += kLine) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) __builtin_prefetch(x + r * stride + k + kLine, 0, 3);
    for (int64_t j = k; j < k + kLine; j += kEach, ahead += kLine) {
      __builtin_prefetch(ahead, 0, 2);
#pragma GCC unroll 4
      for (int64_t i = j; i < j + kEach; ++i) add_product(i);
    }
  }
  for (; k < depth; ++k) add_product(k);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) put(t.out, r, v, acc[r][v]);
  }
}

template <int R>
void tile_of(int64_t rows, const Tile& t) {
  if (rows == R) return tile<R>(t);
  if constexpr (R > 1) tile_of<R - 1>(rows, t);
}

// A panel, whose product k is at w, times the rows [row, row_end), products [k, k + depth).
void short_sums(const GemmArgs& a, const float* w, int64_t row, int64_t row_end, int64_t panel,
                int64_t k, int64_t depth) {
  const int64_t first = panel * kPanel, width = least(kPanel, a.columns - first);
  const float* ahead = w + depth * kPanel;  // the next short sums', or the next panel
  const float* const ahead_end = ahead + depth * kPanel;
  for (int64_t c = 0; c < width; c += kTileColumns) {
    for (int64_t r = row; r < row_end; r += kTileRows) {
      tile_of<kTileRows>(least(kTileRows, row_end - r),
                         {a.x + r * a.depth + k, w + c, a.depth, depth,
                          gemm_out(a, r, first + c, width - c, k == 0), ahead});
      const int64_t fetched = depth / kEach * kLine;
      if (ahead + fetched < ahead_end) ahead += fetched;
    }
  }
}

void add_products(const GemmArgs& a, const float* w, int64_t row, int64_t row_end, int64_t panel,
                  int64_t k, int64_t k_end) {
  for (int64_t s = k; s < k_end; s += kStep)
    short_sums(a, w + (s - k) * kPanel, row, row_end, panel, s, least(kStep, k_end - s));
}

void block(const GemmArgs& a, int64_t row, int64_t row_end, int64_t panel, int64_t panel_end) {
  if (row >= row_end) return;
  const int64_t most = kBlockFloats / least(a.depth, kDeep) + 1;
  const int64_t blocks = (row_end - row + most - 1) / most;
  const int64_t rows = round_up((row_end - row + blocks - 1) / blocks, kTileRows);
  for (int64_t r = row; r < row_end; r += rows) {
    const int64_t end = least(row_end, r + rows);
    for (int64_t k = 0; k < a.depth; k += kDeep) {
      const int64_t k_end = least(a.depth, k + kDeep);
      for (int64_t p = panel; p < panel_end; ++p) {
        add_products(a, a.panels + (p * a.depth + k) * kPanel, r, end, p, k, k_end);
        if (a.activation && k_end == a.depth) activate(a, r, end, p * kPanel, kPanel);
      }
    }
  }
}

constexpr GemmFns kFns{&block, &add_products};

}  // namespace

const GemmFns& gemm_fns() { return kFns; }

}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
