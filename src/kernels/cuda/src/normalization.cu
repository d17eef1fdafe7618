// SPDX-License-Identifier: Apache-2.0
// normalization: y = (x + residual - mean) / sqrt(var + epsilon) * scale + bias over rows of `size`
// consecutive elements (rms: mean is 0). A row is read once and kept in registers as f32; mean
// first, then squares about the mean. 4 bytes moved an element for the half types (6 with a
// residual), about 8 flops.
//   norm_lanes  rows of up to 1024 elements (_s: 256): a group of 1 to 32 lanes a row
//   norm_block  up to 8192: a block of up to 512 threads a row, 16 elements a thread
//   norm_long   any size and alignment: a block a row, which is read three times
// _v: 16-byte vectors (all pointers and `size` allow them); _s: single elements.
#include "common.cuh"
#include "rows.cuh"

struct Norm {
  const T *x, *residual, *scale, *bias;  // all but x may be null
  T* y;
  i64 rows, size;
  f32 epsilon;
  i32 rms, lanes;
};

/// `size` is 0 in teams without a row.
template <int V, int N, typename Team>
DEVICE void normalise(const Norm& p, i64 row, int size, const Team& team) {
  const int first = team.index(), step = team.count();
  Vec<T, V> x[N], residual[N], scale[N], bias[N];
  read_part<V, N>(x, p.x + row * p.size, first, step, size);
  if (p.residual) read_part<V, N>(residual, p.residual + row * p.size, first, step, size);
  if (p.scale) read_part<V, N>(scale, p.scale, first, step, size);
  if (p.bias) read_part<V, N>(bias, p.bias, first, step, size);
  f32 v[N][V], sum = 0, square = 0;
#pragma unroll
  for (int k = 0; k < N; ++k) {
#pragma unroll
    for (int j = 0; j < V; ++j) {
      v[k][j] = widen(x[k].at[j]);
      if (p.residual) v[k][j] += widen(residual[k].at[j]);
      sum += v[k][j];
    }
  }
  const f32 mean = p.rms ? 0.f : team.all(sum, 0.f, Plus()) / (f32)p.size;
#pragma unroll
  for (int k = 0; k < N; ++k) {
    const bool inside = (first + k * step) * V < size;
#pragma unroll
    for (int j = 0; j < V; ++j) {
      v[k][j] -= mean;
      if (inside) square += v[k][j] * v[k][j];
    }
  }
  const f32 factor = rsqrtf(team.all(square, 0.f, Plus()) / (f32)p.size + p.epsilon);
#pragma unroll
  for (int k = 0; k < N; ++k) {
#pragma unroll
    for (int j = 0; j < V; ++j) {
      v[k][j] *= factor;
      if (p.scale) v[k][j] *= widen(scale[k].at[j]);
      if (p.bias) v[k][j] += widen(bias[k].at[j]);
    }
  }
  write_part<V, N>(p.y + row * p.size, v, first, step, size);
}

template <int V, int N>
DEVICE void by_lanes(const Norm& p) {
  const i64 row = ((i64)blockIdx.x * blockDim.x + threadIdx.x) / p.lanes;
  normalise<V, N>(p, row, row < p.rows ? (int)p.size : 0, LaneTeam{p.lanes});
}
DEVICE void by_block(const Norm& p) {
  __shared__ i64 scratch[32];
  normalise<VEC, 16 / VEC>(p, blockIdx.x, (int)p.size, BlockTeam{scratch});
}

KERNEL __launch_bounds__(1024) norm_long(const __grid_constant__ Norm p) {
  __shared__ i64 scratch[32];
  const BlockTeam team{scratch};
  const i64 start = blockIdx.x * p.size;
  const auto at = [&](i64 i) {
    const f32 v = widen(p.x[start + i]);
    return p.residual ? v + widen(p.residual[start + i]) : v;
  };
  f32 sum = 0, square = 0;
  for (i64 i = threadIdx.x; i < p.size && !p.rms; i += blockDim.x) sum += at(i);
  const f32 mean = team.all(sum, 0.f, Plus()) / (f32)p.size;
  for (i64 i = threadIdx.x; i < p.size; i += blockDim.x) square += (at(i) - mean) * (at(i) - mean);
  const f32 factor = rsqrtf(team.all(square, 0.f, Plus()) / (f32)p.size + p.epsilon);
  for (i64 i = threadIdx.x; i < p.size; i += blockDim.x) {
    f32 v = (at(i) - mean) * factor;
    if (p.scale) v *= widen(p.scale[i]);
    if (p.bias) v += widen(p.bias[i]);
    p.y[start + i] = to<T>(v);
  }
}

KERNEL __launch_bounds__(256) norm_lanes_v(const __grid_constant__ Norm p) {
  by_lanes<VEC, 32 / VEC>(p);
}
KERNEL __launch_bounds__(256) norm_lanes_s(const __grid_constant__ Norm p) { by_lanes<1, 8>(p); }
KERNEL __launch_bounds__(512) norm_block_v(const __grid_constant__ Norm p) { by_block(p); }
