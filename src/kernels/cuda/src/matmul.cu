// SPDX-License-Identifier: Apache-2.0
// The plain product: out[b][i][j] = activation(sum_k a[b][i][k] b[b][k][j] + bias[j] +
// residual[b][i][j]) for operands of any strides (transposed, broadcast) and T of f32 f16 bf16
// f64. It serves what the library does not, so it is simple: a block of 256 threads makes 64 x 64
// results, 4 x 4 a thread, from tiles of 16 in shared memory; the next tile is read from global
// memory while this one is used. Sums are in f32, for f64 in f64.
//   grid: (ceil(m / 64) * ceil(n / 64), 1, min(batch, 65535)), block: 256
//   work: 2 flops per (i, j, k), 32 of them per two vector loads from shared memory
#include "activations.cuh"

#define SIDE 64
#define DEPTH 16
#define PITCH (SIDE + 4)  // off the banks of the row before
#define MAX_RANK 8

// Strides in elements. Twin of MatmulParams in plain_matmul.cpp.
struct MatmulParams {
  const void *a, *b, *bias, *residual;
  void* out;
  i64 m, n, k, batch;
  i64 a_row, a_k, b_k, b_column;
  i64 dims[MAX_RANK], a_batch[MAX_RANK], b_batch[MAX_RANK];  // of the batch
  i32 rank, activation;
  f32 alpha, beta;
};

typedef ComputeOf<T>::type Acc;

/// This thread's four elements of a tile of 64 rows and 16 steps of k; zero outside.
struct Piece {
  Acc at[4];
};
DEVICE int piece_row(int e, bool k_first) {
  const int i = threadIdx.x + 256 * e;
  return k_first ? i / DEPTH : i % SIDE;
}
DEVICE int piece_k(int e, bool k_first) {
  const int i = threadIdx.x + 256 * e;
  return k_first ? i % DEPTH : i / SIDE;
}
DEVICE Piece read_piece(const T* from, i64 first_row, i64 rows, i64 row_stride, i64 first_k, i64 ks,
                        i64 k_stride) {
  Piece piece;
  const bool k_first = k_stride == 1;  // neighbouring threads read neighbouring elements
#pragma unroll
  for (int e = 0; e < 4; ++e) {
    const i64 row = first_row + piece_row(e, k_first), k = first_k + piece_k(e, k_first);
    piece.at[e] = row < rows && k < ks ? (Acc)widen(from[row * row_stride + k * k_stride]) : (Acc)0;
  }
  return piece;
}
DEVICE void keep_piece(Acc (&tile)[DEPTH][PITCH], const Piece& piece, bool k_first) {
#pragma unroll
  for (int e = 0; e < 4; ++e) tile[piece_k(e, k_first)][piece_row(e, k_first)] = piece.at[e];
}

/// For products in f64, of which none but ReLU is asked for.
DEVICE f64 activate(i32 kind, f64 x, f32, f32) {
  return kind == NO_ACTIVATION || x > 0 || x != x ? x : 0;
}

/// Not unrolled, so that the activation's code is there once; the sums pass through local memory.
DEVICE void finish(const MatmulParams& p, const Acc (&sum)[4][4], i64 batch, i64 row, i64 column) {
#pragma unroll 1
  for (int r = 0; r < 4 && row + r < p.m; ++r)
#pragma unroll 1
    for (int c = 0; c < 4 && column + c < p.n; ++c) {
      const i64 at = (batch * p.m + row + r) * p.n + column + c;
      Acc x = sum[r][c];
      if (p.bias) x += (Acc)widen(((const T*)p.bias)[column + c]);
      if (p.residual) x += (Acc)widen(((const T*)p.residual)[at]);
      ((T*)p.out)[at] = to<T>(activate(p.activation, x, p.alpha, p.beta));
    }
}

KERNEL __launch_bounds__(256) matmul(const __grid_constant__ MatmulParams p) {
  __shared__ __align__(32) Acc a_tile[DEPTH][PITCH], b_tile[DEPTH][PITCH];
  const i64 columns = (p.n + SIDE - 1) / SIDE;
  const i64 first_row = blockIdx.x / columns * SIDE, first_column = blockIdx.x % columns * SIDE;
  const int row = threadIdx.x / 16 * 4, column = threadIdx.x % 16 * 4;
  for (i64 batch = blockIdx.z; batch < p.batch; batch += gridDim.z) {
    const T *a = (const T*)p.a, *b = (const T*)p.b;
    i64 rest = batch;
    for (int d = p.rank - 1; d >= 0; --d) {
      const i64 index = rest % p.dims[d];
      rest /= p.dims[d];
      a += index * p.a_batch[d];
      b += index * p.b_batch[d];
    }
    Acc sum[4][4] = {};
    Piece a_next = read_piece(a, first_row, p.m, p.a_row, 0, p.k, p.a_k);
    Piece b_next = read_piece(b, first_column, p.n, p.b_column, 0, p.k, p.b_k);
    for (i64 k = 0; k < p.k; k += DEPTH) {
      __syncthreads();  // the tile before is no longer read
      keep_piece(a_tile, a_next, p.a_k == 1);
      keep_piece(b_tile, b_next, p.b_k == 1);
      __syncthreads();
      a_next = read_piece(a, first_row, p.m, p.a_row, k + DEPTH, p.k, p.a_k);
      b_next = read_piece(b, first_column, p.n, p.b_column, k + DEPTH, p.k, p.b_k);
#pragma unroll
      for (int d = 0; d < DEPTH; ++d) {
        const Vec<Acc, 4> x = load<4>(&a_tile[d][row]), y = load<4>(&b_tile[d][column]);
#pragma unroll
        for (int r = 0; r < 4; ++r)
#pragma unroll
          for (int c = 0; c < 4; ++c) sum[r][c] += x.at[r] * y.at[c];
      }
    }
    finish(p, sum, batch, first_row + row, first_column + column);
  }
}
