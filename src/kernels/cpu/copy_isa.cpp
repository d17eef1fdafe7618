// SPDX-License-Identifier: Apache-2.0
// Transpose of 4-byte elements by squares of a vector's width held in registers, one instruction
// set per compilation.
#include "kernels/cpu/isa.h"
#include "kernels/cpu/transpose.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

typedef int32_t element __attribute__((may_alias));

// Bits must survive, so the edges go element by element and squares are moved, never multiplied.
void transpose4(const void* src, int64_t src_stride, void* dst, int64_t dst_stride, int64_t rows,
                int64_t cols) {
  const element* s = static_cast<const element*>(src);
  element* d = static_cast<element*>(dst);
  // Strips of kW columns: their destination rows fill up line after line, which survives strides of
  // whole pages, where a cache set holds fewer lines than a square has rows.
  int64_t j = 0;
  for (; j + kW <= cols; j += kW) {
    int64_t i = 0;
    for (; i + kW <= rows; i += kW) {
      vf r[kW];
#pragma GCC unroll 16
      for (int k = 0; k < kW; ++k) {
        r[k] = load(reinterpret_cast<const float*>(s + (i + k) * src_stride + j));
      }
      transpose(r);
#pragma GCC unroll 16
      for (int k = 0; k < kW; ++k)
        store(reinterpret_cast<float*>(d + (j + k) * dst_stride + i), r[k]);
    }
    for (; i < rows; ++i) {
      for (int k = 0; k < kW; ++k) d[(j + k) * dst_stride + i] = s[i * src_stride + j + k];
    }
  }
  for (; j < cols; ++j) {
    for (int64_t i = 0; i < rows; ++i) d[j * dst_stride + i] = s[i * src_stride + j];
  }
}

constexpr CopyFns kFns{&transpose4};

}  // namespace

const CopyFns& copy_fns() { return kFns; }

}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
