// SPDX-License-Identifier: Apache-2.0
// padding: a thread writes one output element, or 16 bytes of them where the innermost dim is not
// padded; kernels are named after the bytes of an item. At most one read and one write per element.
// Grid: items / 256 blocks of 256.
#include "common.cuh"
#include "strided.cuh"

struct alignas(16) u128 {
  u64 low, high;
};

struct PadParams {
  char* to;
  const char* from;
  u64 value[2];              // the constant, repeated
  i64 strides[2][kMaxRank];  // in elements: output, input
  i64 pre[kMaxRank];
  i64 sizes[kMaxRank];     // of the input
  Divider dims[kMaxRank];  // of the output
  u32 items;
  i32 rank;
  i32 mode, unused;  // constant reflect replicate circular
};

/// Input position of output position i - pre, or -1.
DEVICE i64 source_of(i64 i, i64 size, i32 mode) {
  if (i >= 0 && i < size) return i;
  if (mode == 1) return i < 0 ? -i : 2 * (size - 1) - i;
  if (mode == 2) return i < 0 ? 0 : size - 1;
  if (mode == 3) return i < 0 ? i + size : i - size;
  return -1;
}

template <typename T>
DEVICE void pad(const PadParams& p) {
  const u32 item = blockIdx.x * blockDim.x + threadIdx.x;
  if (item >= p.items) return;
  i64 to = 0, from = 0;
  bool inside = true;
  u32 rest = item;
#pragma unroll 1
  for (int d = p.rank - 1; d >= 0; --d) {
    const u32 above = d > 0 ? divide(rest, p.dims[d]) : 0;
    const u32 index = rest - above * p.dims[d].divisor;
    rest = above;
    to += (i64)index * p.strides[0][d];
    const i64 source = source_of((i64)index - p.pre[d], p.sizes[d], p.mode);
    inside = inside && source >= 0;
    from += source * p.strides[1][d];
  }
  ((T*)p.to)[to] = inside ? ((const T*)p.from)[from] : *(const T*)p.value;
}

#define PAD(bytes, T) \
  KERNEL __launch_bounds__(256) pad##bytes(const __grid_constant__ PadParams p) { pad<T>(p); }
PAD(1, u8)
PAD(2, u16)
PAD(4, u32)
PAD(8, u64)
PAD(16, u128)
