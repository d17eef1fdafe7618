// SPDX-License-Identifier: Apache-2.0
// softmax and log softmax over one axis of a tensor seen as [rows / columns][size][columns]. Over
// the innermost axis a row is read once, kept in registers as f32 and written once: 4 bytes an
// element for the half types, about 20 flops.
//   softmax_lanes    rows of up to 1024 elements (_s: 256): a group of 1 to 32 lanes a row
//   softmax_block    up to 8192: a block of up to 512 threads a row
//   softmax_long     any size and alignment: a block a row, which is read three times
//   softmax_columns  another axis: blocks of 32 neighbouring columns x 8 parts of the axis, read
//                    three times, each time coalesced
// _v: 16-byte vectors; _s: single elements. A maximum of infinity, or a NaN, makes a row NaN.
#include "common.cuh"
#include "rows.cuh"

struct Softmax {
  const T* x;
  T* y;
  i64 rows, size, columns;
  i32 log, lanes;
};

/// Half types round away what the fast exponential loses.
DEVICE f32 exp_of(f32 x) { return sizeof(T) == 2 ? __expf(x) : expf(x); }

/// `size` is 0 in teams without a row.
template <int V, int N, typename Team>
DEVICE void softmax_row(const Softmax& p, i64 row, int size, const Team& team) {
  const int first = team.index(), step = team.count();
  Vec<T, V> x[N];
  read_part<V, N>(x, p.x + row * p.size, first, step, size);
  f32 v[N][V], top = -INFINITY_F, sum = 0;
#pragma unroll
  for (int k = 0; k < N; ++k) {
    const bool inside = (first + k * step) * V < size;
#pragma unroll
    for (int j = 0; j < V; ++j) {
      v[k][j] = inside ? widen(x[k].at[j]) : -INFINITY_F;
      top = fmaxf(top, v[k][j]);
    }
  }
  top = team.all(top, -INFINITY_F, Larger());
#pragma unroll
  for (int k = 0; k < N; ++k) {
    const bool inside = (first + k * step) * V < size;
#pragma unroll
    for (int j = 0; j < V; ++j) {
      v[k][j] -= top;
      const f32 e = exp_of(v[k][j]);
      if (inside) sum += e;  // not outside: infinities cancel to NaN there if all is masked
      if (!p.log) v[k][j] = e;
    }
  }
  sum = team.all(sum, 0.f, Plus());
  const f32 shift = p.log ? logf(sum) : 0.f, factor = p.log ? 1.f : 1.f / sum;
#pragma unroll
  for (int k = 0; k < N; ++k) {
#pragma unroll
    for (int j = 0; j < V; ++j) v[k][j] = p.log ? v[k][j] - shift : v[k][j] * factor;
  }
  write_part<V, N>(p.y + row * p.size, v, first, step, size);
}

template <int V, int N>
DEVICE void by_lanes(const Softmax& p) {
  const i64 row = ((i64)blockIdx.x * blockDim.x + threadIdx.x) / p.lanes;
  softmax_row<V, N>(p, row, row < p.rows ? (int)p.size : 0, LaneTeam{p.lanes});
}
DEVICE void by_block(const Softmax& p) {
  __shared__ i64 scratch[32];
  softmax_row<VEC, 16 / VEC>(p, blockIdx.x, (int)p.size, BlockTeam{scratch});
}

KERNEL __launch_bounds__(256) softmax_lanes_v(const __grid_constant__ Softmax p) {
  by_lanes<VEC, 32 / VEC>(p);
}
KERNEL __launch_bounds__(256) softmax_lanes_s(const __grid_constant__ Softmax p) {
  by_lanes<1, 8>(p);
}
KERNEL __launch_bounds__(512) softmax_block_v(const __grid_constant__ Softmax p) {
  by_block(p);
}

/// The result for `x` of a row with this maximum and sum of exponentials.
DEVICE T result(const Softmax& p, f32 x, f32 top, f32 sum) {
  return to<T>(p.log ? x - top - logf(sum) : exp_of(x - top) / sum);
}

KERNEL __launch_bounds__(1024) softmax_long(const __grid_constant__ Softmax p) {
  __shared__ i64 scratch[32];
  const BlockTeam team{scratch};
  const T* const x = p.x + blockIdx.x * p.size;
  T* const y = p.y + blockIdx.x * p.size;
  f32 top = -INFINITY_F, sum = 0;
  for (i64 i = threadIdx.x; i < p.size; i += blockDim.x) top = fmaxf(top, widen(x[i]));
  top = team.all(top, -INFINITY_F, Larger());
  for (i64 i = threadIdx.x; i < p.size; i += blockDim.x) sum += exp_of(widen(x[i]) - top);
  sum = team.all(sum, 0.f, Plus());
  for (i64 i = threadIdx.x; i < p.size; i += blockDim.x) y[i] = result(p, widen(x[i]), top, sum);
}

/// The same value in the 8 threads of a column. All threads of the block take part.
template <typename Op>
DEVICE f32 over_parts(f32 x, f32 (*shared)[32], Op op) {
  __syncthreads();
  shared[threadIdx.y][threadIdx.x] = x;
  __syncthreads();
  x = shared[0][threadIdx.x];
  for (int i = 1; i < 8; ++i) x = op(x, shared[i][threadIdx.x]);
  return x;
}

KERNEL __launch_bounds__(256) softmax_columns(const __grid_constant__ Softmax p) {
  __shared__ f32 shared[8][32];
  const i64 row = (i64)blockIdx.x * 32 + threadIdx.x, slab = row / p.columns;
  const i64 start = slab * p.size * p.columns + (row - slab * p.columns);
  const i64 size = row < p.rows ? p.size : 0;
  f32 top = -INFINITY_F, sum = 0;
  for (i64 i = threadIdx.y; i < size; i += 8)
    top = fmaxf(top, widen(p.x[start + i * p.columns]));
  top = over_parts(top, shared, Larger());
  for (i64 i = threadIdx.y; i < size; i += 8)
    sum += exp_of(widen(p.x[start + i * p.columns]) - top);
  sum = over_parts(sum, shared, Plus());
  for (i64 i = threadIdx.y; i < size; i += 8) {
    const i64 at = start + i * p.columns;
    p.y[at] = result(p, widen(p.x[at]), top, sum);
  }
}
