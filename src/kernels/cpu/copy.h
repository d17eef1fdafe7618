// SPDX-License-Identifier: Apache-2.0
// Copies of strided n-dimensional arrays: what shuffle, reorder, expand, slice, concatenation and
// identity come down to. A CopyPlan is made once; run() is thread safe.
#pragma once

#include "kernels/cpu/isa.h"
#include "kernels/cpu/nd.h"

namespace tenon::kernels::cpu {

class CopyPlan {
 public:
  /// Element strides over `shape`; starts are element offsets.
  CopyPlan(const Ints& shape, Ints dst_strides, Ints src_strides, size_t element_size,
           int64_t dst_start = 0, int64_t src_start = 0);
  void run(const void* src, void* dst) const;

 private:
  void run_flat(const char* src, char* dst) const;
  void run_rows(const char* src, char* dst) const;
  void run_transposed(const char* src, char* dst) const;
  void transpose_block(const char* src, int64_t src_stride, char* dst, int64_t dst_stride,
                       int64_t rows, int64_t cols) const;

  Space space_;   // operand 0 is the destination, 1 the source
  int64_t size_;  // of an element
  int64_t dst_start_, src_start_;
  int transposed_ = -1;  // dim along which the source is contiguous, if it is not the last
  const CopyFns& fns_;
};

}  // namespace tenon::kernels::cpu
