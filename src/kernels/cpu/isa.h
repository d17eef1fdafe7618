// SPDX-License-Identifier: Apache-2.0
// The functions that are compiled once per instruction set (files named *_isa.cpp), as tables of
// function pointers: one struct per kernel family, one accessor per instruction set. Only plain
// structs and raw pointers cross this border. Tables are constant; thread safe.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tenon::kernels {

struct PointwiseFns;  // pointwise_ops.h
struct AttentionFns;  // attention.h
struct RowFns;        // rows.h: normalisation, softmax, reductions
struct PoolFns;       // pool.h
struct CopyFns {
  /// dst[j * dst_stride + i] = src[i * src_stride + j], i < rows, j < cols; 4-byte elements.
  void (*transpose4)(const void* src, int64_t src_stride, void* dst, int64_t dst_stride,
                     int64_t rows, int64_t cols);
};
struct ConvFns;      // direct_conv.h
struct GemvFns;      // gemv.h
struct GemmFns;      // gemm.h
struct WinogradFns;  // winograd.h

#define TENON_ISA_TABLES(ns)           \
  namespace ns {                       \
  const PointwiseFns& pointwise_fns(); \
  const AttentionFns& attention_fns(); \
  const RowFns& row_fns();             \
  const PoolFns& pool_fns();           \
  const CopyFns& copy_fns();           \
  const GemvFns& gemv_fns();           \
  const GemmFns& gemm_fns();           \
  const WinogradFns& winograd_fns();   \
  const ConvFns& conv_fns();           \
  }
TENON_ISA_TABLES(generic)
TENON_ISA_TABLES(avx2)
TENON_ISA_TABLES(avx512)
#undef TENON_ISA_TABLES

/// The table of the instruction set in use; needs kernels/kernel.h.
#define TENON_ISA_PICK(function)                                                  \
  (::tenon::kernels::isa() == ::tenon::kernels::Isa::kAvx512 ? avx512::function() \
   : ::tenon::kernels::isa() == ::tenon::kernels::Isa::kAvx2 ? avx2::function()   \
                                                             : generic::function())

}  // namespace tenon::kernels
