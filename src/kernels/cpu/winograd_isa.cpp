// SPDX-License-Identifier: Apache-2.0
// 3x3 convolution by Winograd's F(2x2, 3x3), one instruction set per compilation: the 2x2 outputs
// of a tile come from the 16 values of a transformed 4x4 patch, with 16 products a channel instead
// of 36. (A. Lavin, S. Gray: Fast Algorithms for Convolutional Neural Networks, CVPR 2016.)
//
// No output is made from a pixel or a weight that it should not see, so each is as exact as the
// sizes of its own let it be. But its own infinities would meet in differences, and large values
// overflow: where there are any, tiles are computed directly.
#include "kernels/cpu/gemm_out.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/vec.h"
#include "kernels/cpu/winograd.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

constexpr int kSide = 4;           // of a patch
constexpr int64_t kShortSum = 64;  // products; the transforms leave less room for rounding

// A tile's place: its first output pixel, and that pixel of the input its patch begins with.
struct Place {
  Place(const WinogradArgs& a, int64_t tile)
      : image(tile / a.tile_columns() / a.tile_rows()),
        row(tile / a.tile_columns() % a.tile_rows() * 2),
        column(tile % a.tile_columns() * 2) {}
  void next(const WinogradArgs& a) {
    column += 2;
    if (column < a.out_width) return;
    column = 0, row += 2;
    if (row >= a.out_height) row = 0, ++image;
  }
  /// The index of a patch's pixel, or -1 outside of the image.
  TENON_INLINE int64_t pixel(const WinogradArgs& a, int i, int j) const {
    const int64_t y = row + i - a.pad_top, x = column + j - a.pad_left;
    if (y < 0 || y >= a.height || x < 0 || x >= a.width) return -1;
    return (image * a.height + y) * a.width + x;
  }
  /// The index of a pixel of the output, or -1 outside of it.
  TENON_INLINE int64_t output(const WinogradArgs& a, int i, int j) const {
    const int64_t y = row + i, x = column + j;
    if (y >= a.out_height || x >= a.out_width) return -1;
    return (image * a.out_height + y) * a.out_width + x;
  }
  int64_t image, row, column;
};

// ---- the input

/// Whether the rows of the image that a row of tiles sees are all winograd_range.
bool rows_in_range(const WinogradArgs& a, const Place& place) {
  const int64_t first = place.row - a.pad_top, row = first > 0 ? first : 0;
  const int64_t rows = least(first + kSide, a.height) - row, n = rows * a.width * a.channels;
  const float* x = a.x + (place.image * a.height + row) * a.width * a.channels;
  vi most = {};
  for (int64_t i = 0; i < n; i += kW) {
    const vi magnitude = bits(load_some(x + i, n - i)) & 0x7fffffff;
    most = magnitude > most ? magnitude : most;
  }
  for (int l = 0; l < kW; ++l)
    if (!winograd_range(static_cast<uint32_t>(most[l]))) return false;
  return true;
}

// B^T d, B^T = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1].
TENON_INLINE void transform_four(vf& a, vf& b, vf& c, vf& d) {
  const vf first = a - c, second = b + c, third = c - b, fourth = b - d;
  a = first, b = second, c = third, d = fourth;
}

void transform_patch(const WinogradArgs& a, const Place& place, float* to, int64_t tap_stride) {
  const float* from[kSide][kSide];
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      const int64_t p = place.pixel(a, i, j);
      from[i][j] = p < 0 ? a.zeros : a.x + p * a.channels;
    }
  }
  for (int64_t c = 0; c < a.channels; c += kW) {
    const int64_t n = a.channels - c;
    vf d[kSide][kSide];
#pragma GCC unroll 4
    for (int j = 0; j < kSide; ++j) {
#pragma GCC unroll 4
      for (int i = 0; i < kSide; ++i) d[i][j] = load_some(from[i][j] + c, n);
      transform_four(d[0][j], d[1][j], d[2][j], d[3][j]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < kSide; ++i) {
      transform_four(d[i][0], d[i][1], d[i][2], d[i][3]);
#pragma GCC unroll 4
      for (int j = 0; j < kSide; ++j) store_some(to + (i * kSide + j) * tap_stride + c, d[i][j], n);
    }
  }
}

void transform(const WinogradArgs& a, int64_t tile, int64_t tile_end, const WinogradPatches& to) {
  Place place(a, tile);
  bool in_range = true;
  for (int64_t r = tile - to.first; r < tile_end - to.first; ++r, place.next(a)) {
    if (r == tile - to.first || place.column == 0) in_range = rows_in_range(a, place);
    to.direct[r] = !in_range;
    transform_patch(a, place, to.taps + r * a.channels, to.rows * a.channels);
  }
}

// ---- the output

// Four outputs of a tile, of one vector of kernels.
struct Quad {
  vf y[2][2];
};

// A^T m A, A^T = [1 1 1 0; 0 1 -1 -1].
TENON_INLINE Quad combine(const float* sums, int64_t tap_stride) {
  vf top[kSide], low[kSide];
#pragma GCC unroll 4
  for (int j = 0; j < kSide; ++j) {
    const auto at = [&](int i) { return load(sums + (i * kSide + j) * tap_stride); };
    const vf middle = at(1), third = at(2);
    top[j] = at(0) + middle + third;
    low[j] = middle - third - at(3);
  }
  return {{{top[0] + top[1] + top[2], top[1] - top[2] - top[3]},
           {low[0] + low[1] + low[2], low[1] - low[2] - low[3]}}};
}

// The nine taps of a channel and a vector of kernels.
struct Window {
  vf g[3][3];
};
TENON_INLINE Window plain_window(const float* w, int64_t tap_stride) {
  Window out;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) out.g[i][j] = load(w + (i * 3 + j) * tap_stride);
  return out;
}
// What was transformed: the first and last row (column) are themselves, and the middle one is the
// difference of the two between.
TENON_INLINE Window transformed_window(const float* w, int64_t tap_stride) {
  const auto at = [&](int i, int j) { return load(w + (i * kSide + j) * tap_stride); };
  const auto row = [&](int i, int j) { return j == 1 ? at(i, 1) - at(i, 2) : at(i, j); };
  Window out;
  for (int j = 0; j < 3; ++j) {
    const int from = j == 2 ? 3 : j;
    out.g[0][j] = row(0, from);
    out.g[1][j] = row(1, from) - row(2, from);
    out.g[2][j] = row(3, from);
  }
  return out;
}

// From the pixels and weights themselves; `w`: the panel's vector of kernels.
Quad sum_directly(const WinogradArgs& a, const Place& place, const float* w, bool transformed) {
  const float* from[kSide][kSide];
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      const int64_t p = place.pixel(a, i, j);
      from[i][j] = p < 0 ? nullptr : a.x + p * a.channels;
    }
  }
  Quad sums = {};
  const int64_t stride = a.channels * kPanel;
  for (int64_t c = 0; c < a.channels; ++c, w += kPanel) {
    const Window window = transformed ? transformed_window(w, stride) : plain_window(w, stride);
    for (int i = 0; i < kSide; ++i) {
      for (int j = 0; j < kSide; ++j) {
        if (!from[i][j]) continue;
        const vf x = splat(from[i][j][c]);
        for (int y = i > 2 ? 1 : 0; y < 2 && y <= i; ++y)
          for (int z = j > 2 ? 1 : 0; z < 2 && z <= j; ++z)
            sums.y[y][z] = fma(x, window.g[i - y][j - z], sums.y[y][z]);
      }
    }
  }
  return sums;
}

// Vector v of a panel of one tile, with bias and residual.
void put(const WinogradArgs& a, const Place& place, int64_t kernel, const Quad& sums) {
  const int64_t n = a.kernels - kernel;
  const vf bias = a.bias ? load_some(a.bias + kernel, n) : vf{};
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      const int64_t p = place.output(a, i, j);
      if (p < 0) continue;
      const int64_t at = p * a.kernels + kernel;
      vf sum = sums.y[i][j];
      if (a.bias) sum += bias;
      if (a.residual) sum += load_some(a.residual + at, n);
      store_some(a.out + at, sum, n);
    }
  }
}

void activate(const WinogradArgs& a, const Place& place, int64_t kernel) {
  const int64_t n = least(kPanel, a.kernels - kernel);
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      const int64_t p = place.output(a, i, j);
      float* out = a.out + p * a.kernels + kernel;
      if (p >= 0) a.activation(out, out, nullptr, nullptr, n, a.params);
    }
  }
}

void multiply(const WinogradArgs& a, int64_t panel, int64_t tile, int64_t tile_end,
              const WinogradPatches& patches, float* sums) {
  const WinogradSizes sizes{a.channels, a.kernels};
  const int64_t rows = tile_end - tile, skipped = tile - patches.first;
  const float* w = reinterpret_cast<const float*>(a.weights) + panel * sizes.panel_floats();
  const bool transformed = a.weights[sizes.flags_at() + panel];
  for (int64_t t = 0; transformed && t < kWinogradTaps; ++t) {
    GemmArgs g{};
    g.rows = rows, g.depth = a.channels, g.columns = kPanel;
    g.x = patches.taps + (t * patches.rows + skipped) * a.channels;
    g.out = sums + t * rows * kPanel;
    for (int64_t c = 0; c < a.channels; c += kShortSum) {
      gemm_fns().add_products(g, w + t * sizes.tap_floats() + c * kPanel, 0, rows, 0, c,
                              least(a.channels, c + kShortSum));
    }
  }
  const int64_t first = panel * kPanel, width = least(kPanel, a.kernels - first);
  Place place(a, tile);
  for (int64_t r = 0; r < rows; ++r, place.next(a)) {
    const bool direct = !transformed || patches.direct[skipped + r];
    for (int64_t v = 0; v < width; v += kW) {
      put(a, place, first + v,
          direct ? sum_directly(a, place, w + v, transformed)
                 : combine(sums + r * kPanel + v, rows * kPanel));
    }
    if (a.activation) activate(a, place, first);
  }
}

constexpr WinogradFns kFns{&transform, &multiply};

}  // namespace

const WinogradFns& winograd_fns() { return kFns; }

}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
