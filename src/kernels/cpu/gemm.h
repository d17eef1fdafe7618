// SPDX-License-Identifier: Apache-2.0
// What packed_linear.cpp, gemm_isa.cpp and gemm_amx.cpp share.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/cpu/pointwise_ops.h"

namespace tenon::kernels {

/// Columns of a panel. Packed weights are panels of kPanel columns, [panel][depth][column], the
/// last one filled up with zeros; the same for every instruction set, so plans do not depend on it.
constexpr int64_t kPanel = 64;
/// Rows are shared out between threads in multiples of this.
constexpr int64_t kGemmRows = 6;

/// out[rows][columns] = activation(x[rows][depth] panels + bias + residual), f32, row-major.
struct GemmArgs {
  int64_t rows, depth, columns;
  const float *x, *panels, *bias, *residual;  // the last two may be null
  float* out;                                 // may be `residual`
  PwFn activation;                            // may be null
  const float* params;                        // of the activation
};

struct GemmFns {
  /// Rows [row, row_end) of the panels [panel, panel_end).
  void (*block)(const GemmArgs& args, int64_t row, int64_t row_end, int64_t panel,
                int64_t panel_end);
  /// The part of block() that adds the products [k, k_end) of one panel to the output; the first
  /// ones (k = 0) set it, with bias and residual. `w`: the panel's weights from product k on;
  /// args.panels is not read.
  void (*add_products)(const GemmArgs& args, const float* w, int64_t row, int64_t row_end,
                       int64_t panel, int64_t k, int64_t k_end);
};

}  // namespace tenon::kernels
