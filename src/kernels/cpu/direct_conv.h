// SPDX-License-Identifier: Apache-2.0
// What direct_conv.cpp and direct_conv_isa.cpp share.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tenon::kernels {

/// Stride 1, no dilation, no groups. The image is a copy with its padding around it and kConvSlack
/// floats behind.
struct DirectConvArgs {
  int64_t channels, kernels, window_h, window_w;
  int64_t padded_h, padded_w;  // of the image: [channels][padded_h][padded_w]
  int64_t out_h, out_w;
  const float *image, *weights;  // [kernels][channels][window_h][window_w]
  const float *bias, *residual;  // may be null; the residual is laid out as the output
  float* out;                    // [kernels][out_h][out_w]
};
constexpr int64_t kConvSlack = 64;

struct ConvFns {
  /// Rows [begin, end) of all output planes, without activation.
  void (*rows)(const DirectConvArgs& args, int64_t begin, int64_t end);
};

}  // namespace tenon::kernels
