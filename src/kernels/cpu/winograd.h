// SPDX-License-Identifier: Apache-2.0
// What winograd.cpp and winograd_isa.cpp share: 3x3 convolution with stride 1 from 4x4 patches.
#pragma once

#include "kernels/cpu/gemm.h"

namespace tenon::kernels {

constexpr int64_t kWinogradTaps = 16;  // of a transformed 3x3 window

/// Weights: [panel][tap][channel][kPanel] f32, transformed, with zeros after the last kernel. A
/// panel that cannot be transformed (winograd_range) has its 9 taps instead, in the same order.
/// Behind the panels a byte for each: 1 if it is transformed, 0 if not.
struct WinogradSizes {
  int64_t channels, kernels;
  int64_t panels() const { return (kernels + kPanel - 1) / kPanel; }
  int64_t tap_floats() const { return channels * kPanel; }
  int64_t panel_floats() const { return kWinogradTaps * tap_floats(); }
  int64_t flags_at() const {
    return panels() * panel_floats() * static_cast<int64_t>(sizeof(float));
  }
  int64_t bytes() const { return flags_at() + panels(); }
};

/// A magnitude (given as its bits) below 2^50: neither infinite nor NaN, and sums of transformed
/// products do not overflow where the plain sums do not.
constexpr bool winograd_range(uint32_t magnitude) { return magnitude < (127u + 50) << 23; }

/// One call: [batch][height][width][channels] -> [batch][out_height][out_width][kernels], f32.
struct WinogradArgs {
  int64_t batch, height, width, channels, out_height, out_width, kernels, pad_top, pad_left;
  const float* x;
  const char* weights;
  const float *bias, *residual;  // may be null
  float* out;                    // may be `residual`
  PwFn activation;               // may be null
  const float* params;           // of the activation
  const float* zeros;            // [channels]

  int64_t tile_rows() const { return (out_height + 1) / 2; }
  int64_t tile_columns() const { return (out_width + 1) / 2; }
  /// A tile is 2x2 pixels of the output.
  int64_t tiles() const { return batch * tile_rows() * tile_columns(); }
};

/// Some tiles' patches, transformed: [tap][rows][channels], tile `first + r` in row r.
struct WinogradPatches {
  int64_t first, rows;
  float* taps;
  uint8_t* direct;  // [rows]: this tile is not to be computed from them
};

struct WinogradFns {
  /// Transforms the patches of tiles [tile, tile_end).
  void (*transform)(const WinogradArgs& args, int64_t tile, int64_t tile_end,
                    const WinogradPatches& patches);
  /// One panel of the output's tiles [tile, tile_end). `sums`: [tap][tile_end - tile][kPanel].
  void (*multiply)(const WinogradArgs& args, int64_t panel, int64_t tile, int64_t tile_end,
                   const WinogradPatches& patches, float* sums);
};

}  // namespace tenon::kernels
