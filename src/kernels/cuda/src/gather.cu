// SPDX-License-Identifier: Apache-2.0
// gather and gather_nd: bytes are moved, whatever they mean; one compilation serves every type.
//   take_<bytes>  rows of consecutive bytes, in units of 1 to 16 bytes: a block is `blockDim.y`
//                 rows of `blockDim.x` threads. Each row is read once and written once.
//   pick          the general form, an element a thread in the output's memory order; up to 8 dims
//                 and 8 index tensors.
// A kernel cannot raise an error. What an index out of range selects is not read: its elements
// become `bad` (NaN for floating types, 0 for others).
#include "common.cuh"

constexpr int kDims = 8;

struct Indices {
  const void* data;
  i64 size;        // of the dim they index
  i64 step;        // elements of data between its positions
  i64 strides[kDims];  // of the indices, per dim of the output
  i32 wide, wrap;  // i64 else i32; negative ones count from the end
};

/// The position that an index selects, or -1.
DEVICE i64 position(const void* data, i64 at, i32 wide, i32 wrap, i64 size) {
  i64 i = wide ? ((const i64*)data)[at] : (i64)((const i32*)data)[at];
  if (wrap && i < 0) i += size;
  return i >= 0 && i < size ? i : -1;
}

struct Take {
  const void *data, *indices;
  void* out;
  i64 outer, size, picks, units;  // data [outer][size][units], out [outer][picks][units]
  u64 bad;
  i32 wide, wrap;
};

template <typename U>
DEVICE U repeated(u64 bad) {
  union {
    u64 words[2];
    U unit;
  } u;
  u.words[0] = u.words[1] = bad;
  return u.unit;
}

template <typename U>
DEVICE void take(const Take& p) {
  const i64 row = (i64)blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= p.outer * p.picks) return;
  const i64 slab = p.outer == 1 ? 0 : row / p.picks;
  const i64 from = position(p.indices, row - slab * p.picks, p.wide, p.wrap, p.size);
  const U* const data = (const U*)p.data + (slab * p.size + from) * p.units;
  U* const out = (U*)p.out + row * p.units;
  const U bad = repeated<U>(p.bad);
#pragma unroll 4
  for (i64 i = threadIdx.x; i < p.units; i += blockDim.x) out[i] = from < 0 ? bad : data[i];
}

struct alignas(16) Unit16 {
  u64 low, high;
};
KERNEL take_16(const __grid_constant__ Take p) { take<Unit16>(p); }
KERNEL take_8(const __grid_constant__ Take p) { take<u64>(p); }
KERNEL take_4(const __grid_constant__ Take p) { take<u32>(p); }
KERNEL take_2(const __grid_constant__ Take p) { take<u16>(p); }
KERNEL take_1(const __grid_constant__ Take p) { take<u8>(p); }

struct Pick {
  const void* data;
  void* out;
  i64 elements;
  u64 bad;
  i64 dims[kDims], out_strides[kDims], data_strides[kDims];
  i32 rank, count, bytes;
  Indices indices[kDims];
};

/// Copies element `from` of the data to element `to` of the output.
template <typename U>
DEVICE void put(const Pick& p, i64 to, i64 from, bool good) {
  ((U*)p.out)[to] = good ? ((const U*)p.data)[from] : (U)p.bad;
}

KERNEL __launch_bounds__(128) pick(const __grid_constant__ Pick p) {
  i64 left = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (left >= p.elements) return;
  i64 to = 0, from = 0, at[kDims] = {};
#pragma unroll 1
  for (int d = p.rank - 1; d >= 0; --d) {
    const i64 rest = left / p.dims[d], i = left - rest * p.dims[d];
    left = rest;
    to += i * p.out_strides[d];
    from += i * p.data_strides[d];
#pragma unroll
    for (int k = 0; k < kDims; ++k)
      if (k < p.count) at[k] += i * p.indices[k].strides[d];
  }
  bool good = true;
#pragma unroll
  for (int k = 0; k < kDims; ++k) {
    if (k >= p.count) continue;
    const Indices& index = p.indices[k];
    const i64 i = position(index.data, at[k], index.wide, index.wrap, index.size);
    good &= i >= 0;
    from += i * index.step;
  }
  switch (p.bytes) {
    case 1:
      return put<u8>(p, to, from, good);
    case 2:
      return put<u16>(p, to, from, good);
    case 4:
      return put<u32>(p, to, from, good);
    default:
      return put<u64>(p, to, from, good);
  }
}
