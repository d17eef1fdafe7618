// SPDX-License-Identifier: Apache-2.0
// What pooling.cpp and pooling_isa.cpp share.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tenon::kernels {

/// Input positions of one output position along one dim: begin, begin + step, ..., count of them,
/// all inside the input; an average divides by `divisor` (of both dims).
struct PoolTaps {
  int32_t begin, count;
  float divisor;
};

struct PoolArgs {
  int64_t batch, channels, in_h, in_w, out_h, out_w;
  int64_t step_h, step_w;           // dilation
  const PoolTaps *taps_h, *taps_w;  // out_h and out_w of them
  // Regular windows (plain layout): output w reads padded input w * stride_w + k * step_w, k <
  // window_w; stride_w 0: irregular, use taps_w.
  int64_t stride_w, window_w, pad_w, padded_w;
  const float* x;
  float* out;
};

enum class PoolFold { kMax, kMaxRelu, kAverage };

struct PoolFns {
  /// Rows of the output: plain layout, units are batch * channels * out_h; channels last, batch *
  /// out_h.
  void (*plain)(PoolFold fold, const PoolArgs& args, int64_t begin, int64_t end);
  void (*channels_last)(PoolFold fold, const PoolArgs& args, int64_t begin, int64_t end);
};

/// Floats of a padded row that the plain form keeps on its stack.
constexpr int64_t kPoolRow = 4096;

}  // namespace tenon::kernels
