// SPDX-License-Identifier: Apache-2.0
// Copies of strided arrays; kernels are named after the bytes of an element. One read and one write
// per element.
//
// copy1 .. copy16: up to 8 copies in one launch. The host widens elements to 16 bytes where both
// sides are contiguous, so that a thread moves a vector. Every copy has blocks of its own; block b
// works for the last copy whose first_block is at most b. A thread moves up to 2 items that lie a
// block apart. Blocks of 256.
//
// flat1 .. flat16: one copy that is contiguous on both sides, which needs few parameters: where a
// recorded run is told new pointers, each byte of them costs the host time. A thread
// moves up to 2 items that lie a block apart. Blocks of 256.
//
// transpose1 .. transpose8: the source is contiguous along another dim than the destination. A
// block turns a tile through shared memory; lanes run along the contiguous dim of each side. Tiles
// are 32 x 32, for elements of 1 and 2 bytes 64 x 64. Grid: tiles of all matrices; block 32 x 8.
#include "common.cuh"
#include "strided.cuh"

struct alignas(16) u128 {
  u64 low, high;
};

// ---- copies

constexpr int kCopies = 8;

struct Copy {
  char* to;
  const char* from;
  i64 strides[2][kMaxRank];  // in elements: destination, source
  Divider dims[kMaxRank];
  u32 items, first_block;
  i32 rank, unused;
};
struct CopyParams {
  Copy copies[kCopies];
  i32 count;
  u32 per_thread;
};

template <typename T>
DEVICE void copy(const CopyParams& p) {
  int which = 0;
  while (which + 1 < p.count && blockIdx.x >= p.copies[which + 1].first_block) ++which;
  const Copy& c = p.copies[which];
  const u32 first = (blockIdx.x - c.first_block) * blockDim.x * p.per_thread + threadIdx.x;
  const auto stride = [&c](int k, int d) { return c.strides[k][d]; };
  T* to[2];
  T value[2];
#pragma unroll
  for (int u = 0; u < 2; ++u) {
    const u32 item = first + u * blockDim.x;
    to[u] = 0;
    if (u < p.per_thread && item < c.items) {
      i64 at[2];
      locate(item, c.rank, c.dims, at, stride);
      to[u] = (T*)c.to + at[0];
      value[u] = ((const T*)c.from)[at[1]];
    }
  }
#pragma unroll
  for (int u = 0; u < 2; ++u) {
    if (to[u]) *to[u] = value[u];
  }
}

// ---- one contiguous copy

struct FlatParams {
  char* to;
  const char* from;
  i64 items;
};

template <typename T>
DEVICE void flat(const FlatParams& p) {
  const i64 first = (i64)blockIdx.x * blockDim.x * 2 + threadIdx.x, second = first + blockDim.x;
  const T* from = (const T*)p.from;
  T* to = (T*)p.to;
  T a, b;
  if (first < p.items) a = from[first];
  if (second < p.items) b = from[second];
  if (first < p.items) to[first] = a;
  if (second < p.items) to[second] = b;
}

// ---- transposes

struct TransposeParams {
  char* to;
  const char* from;
  i64 to_row, from_column;   // strides: the destination is contiguous along columns (source rows)
  i64 strides[2][kMaxRank];  // of the matrices: destination, source
  Divider dims[kMaxRank];    // of the matrices, then tiles down and tiles across
  i64 rows, columns;         // of the destination
  i32 rank, unused;
};

// The destination's row r, column c is the source's element r + c * from_column.
template <typename T, int SIZE, int PAD>
DEVICE void transpose(const TransposeParams& p) {
  __shared__ T tile[SIZE][SIZE + PAD];
  i64 at[4];  // destination, source, first row, first column
  locate(blockIdx.x, p.rank, p.dims, at, [&p](int k, int d) -> i64 {
    if (k == 2) return d == p.rank - 2 ? SIZE : 0;
    if (k == 3) return d == p.rank - 1 ? SIZE : 0;
    return d < p.rank - 2 ? p.strides[k][d] : 0;
  });
  const i64 rows_left = p.rows - at[2], columns_left = p.columns - at[3];
  const int rows = rows_left < SIZE ? (int)rows_left : SIZE;
  const int columns = columns_left < SIZE ? (int)columns_left : SIZE;
  const T* from = (const T*)p.from + at[1] + at[2] + at[3] * p.from_column;
  T* to = (T*)p.to + at[0] + at[2] * p.to_row + at[3];
  const int x = threadIdx.x, y = threadIdx.y;
#pragma unroll 4
  for (int j = 0; j < SIZE; j += 8) {
#pragma unroll
    for (int i = 0; i < SIZE; i += 32) {
      const int column = j + y, row = i + x;
      if (column < columns && row < rows) tile[column][row] = from[row + column * p.from_column];
    }
  }
  __syncthreads();
#pragma unroll 4
  for (int j = 0; j < SIZE; j += 8) {
#pragma unroll
    for (int i = 0; i < SIZE; i += 32) {
      const int row = j + y, column = i + x;
      if (column < columns && row < rows) to[row * p.to_row + column] = tile[column][row];
    }
  }
}

#define COPY(bytes, T)                                                                            \
  KERNEL __launch_bounds__(256) copy##bytes(const __grid_constant__ CopyParams p) { copy<T>(p); } \
  KERNEL __launch_bounds__(256) flat##bytes(const __grid_constant__ FlatParams p) { flat<T>(p); }
COPY(1, u8)
COPY(2, u16)
COPY(4, u32)
COPY(8, u64)
COPY(16, u128)

// Paddings keep the column reads of a warp in different banks.
#define TRANSPOSE(bytes, T, SIZE, PAD)                                                        \
  KERNEL __launch_bounds__(256) transpose##bytes(const __grid_constant__ TransposeParams p) { \
    transpose<T, SIZE, PAD>(p);                                                               \
  }
TRANSPOSE(1, u8, 64, 4)
TRANSPOSE(2, u16, 64, 2)
TRANSPOSE(4, u32, 32, 1)
TRANSPOSE(8, u64, 32, 1)
