// SPDX-License-Identifier: Apache-2.0
// What the row kernels (normalisation, softmax, reductions) and rows_isa.cpp share. A slab is a
// dense [axis][columns] array; ranges [begin, end) are what one thread does.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tenon::kernels {

struct NormArgs {
  int64_t size;  // elements of a row
  float epsilon;
  bool rms;
  const float *x, *residual, *scale, *bias;  // the last three may be null
  float* out;
};

enum class ReduceOp : uint8_t { kSum, kAvg, kMax, kMin, kProd };

struct RowFns {
  void (*normalize)(const NormArgs& args, int64_t begin, int64_t end);
  void (*softmax_rows)(const float* x, float* out, int64_t size, bool log, int64_t begin,
                       int64_t end);
  /// Down the columns [begin, end) of one slab.
  void (*softmax_columns)(const float* x, float* out, int64_t axis, int64_t columns, bool log,
                          int64_t begin, int64_t end);
  void (*reduce_rows)(ReduceOp op, const float* x, float* out, int64_t size, int64_t begin,
                      int64_t end);
  void (*reduce_columns)(ReduceOp op, const float* x, float* out, int64_t axis, int64_t columns,
                         int64_t begin, int64_t end);
};

}  // namespace tenon::kernels
