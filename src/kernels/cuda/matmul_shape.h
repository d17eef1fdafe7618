// SPDX-License-Identifier: Apache-2.0
// A matrix_multiply or linear layer at concrete sizes as one batched product with strides:
// out[b][i][j] = sum_k a[b][i][k] * b[b][k][j], out contiguous. Values; thread safe.
#pragma once

#include "kernels/cpu/nd.h"

namespace tenon::kernels {

struct MatmulShape {
  int64_t m = 0, n = 0, k = 0;
  int64_t a_row = 0, a_k = 0, b_k = 0, b_column = 0;  // strides in elements
  bool a_transposed = false, b_transposed = false;    // stored [k, m], and [n, k]
  // Batch dims, neighbours merged, and each operand's strides over them (0: broadcast). At least
  // one dim.
  cpu::Ints batch, a_batch, b_batch;

  int64_t batches() const { return cpu::product(batch); }
};

MatmulShape matrix_multiply_shape(const Problem& problem);
MatmulShape linear_shape(const Problem& problem);

/// Yes if all operands have the output's type and are neither packed nor channels-last.
Support supports_plain_operands(const Problem& problem);

/// The same product with the batch as rows of one matrix where the right operand is the same for
/// the whole batch and the left one's rows follow each other; else unchanged.
MatmulShape batch_as_rows(MatmulShape shape);

}  // namespace tenon::kernels
