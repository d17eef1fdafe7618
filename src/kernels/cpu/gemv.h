// SPDX-License-Identifier: Apache-2.0
// What linear.cpp and gemv_isa.cpp share.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tenon::kernels {

struct GemvArgs {
  int64_t rows, depth, columns;          // out[rows][columns] = x[rows][depth] w[columns][depth]^T
  const float *x, *w, *bias, *residual;  // the last two may be null
  float* out;
};

struct GemvFns {
  /// Columns [begin, end) of the output, without activation.
  void (*columns)(const GemvArgs& args, int64_t begin, int64_t end);
};

}  // namespace tenon::kernels
