// SPDX-License-Identifier: Apache-2.0
// Walking n-dimensional operands. Host twin: kernels/cuda/strided.h.
#pragma once

#include "common.cuh"

constexpr int kMaxRank = 8;

/// Division by a number that is fixed for a launch, of numbers below 2^31.
struct Divider {
  u32 divisor, magic, shift;
};
DEVICE u32 divide(u32 n, const Divider& d) { return (__umulhi(n, d.magic) + n) >> d.shift; }

/// Offsets of item number `item` under N sets of strides.
/// stride(k, d) is the k-th operand's stride of dim d.
template <int N, typename Strides>
DEVICE void locate(u32 item, i32 rank, const Divider* dims, i64 (&at)[N], const Strides& stride) {
#pragma unroll
  for (int k = 0; k < N; ++k) at[k] = 0;
  u32 rest = item;
#pragma unroll 1
  for (int d = rank - 1; d >= 0; --d) {
    const u32 above = d > 0 ? divide(rest, dims[d]) : 0;
    const u32 index = rest - above * dims[d].divisor;
#pragma unroll
    for (int k = 0; k < N; ++k) at[k] += (i64)index * stride(k, d);
    rest = above;
  }
}
