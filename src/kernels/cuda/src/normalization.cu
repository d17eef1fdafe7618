// SPDX-License-Identifier: Apache-2.0
// normalization: y = (x + residual - mean) / sqrt(var + epsilon) * scale + bias over rows of `size`
// consecutive elements (rms: mean is 0), and group_norm. A row is read once and kept in registers
// as f32; mean first, then squares about the mean. 4 bytes moved an element for the half types (6
// with a residual), about 8 flops.
//   norm_lanes  rows of up to 1024 elements: a group of 1 to 32 lanes a row, 32 elements a lane
//   norm_block  up to 8192: a block of up to 512 threads a row, 16 elements a thread
//   norm_long   any size: a block a row, which is read three times
//   group_norm  a block of up to 1024 threads a group, read three times (mostly from L2)
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

template <int V>
DEVICE void by_lanes(const Norm& p) {
  const i64 row = ((i64)blockIdx.x * blockDim.x + threadIdx.x) / p.lanes;
  normalise<V, 32 / V>(p, row, row < p.rows ? (int)p.size : 0, LaneTeam{p.lanes});
}
template <int V>
DEVICE void by_block(const Norm& p) {
  __shared__ i64 scratch[32];
  normalise<V, 16 / V>(p, blockIdx.x, (int)p.size, BlockTeam{scratch});
}

template <int V>
DEVICE void long_row(const Norm& p) {
  __shared__ i64 scratch[32];
  const BlockTeam team{scratch};
  const i64 start = blockIdx.x * p.size, first = (i64)threadIdx.x * V, step = (i64)blockDim.x * V;
  const auto at = [&](i64 i) {
    f32 v = widen(p.x[start + i]);
    return p.residual ? v + widen(p.residual[start + i]) : v;
  };
  f32 sum = 0, square = 0;
  for (i64 i = first; i < p.size && !p.rms; i += step)
    for (int j = 0; j < V; ++j) sum += at(i + j);
  const f32 mean = team.all(sum, 0.f, Plus()) / (f32)p.size;
  for (i64 i = first; i < p.size; i += step)
    for (int j = 0; j < V; ++j) square += (at(i + j) - mean) * (at(i + j) - mean);
  const f32 factor = rsqrtf(team.all(square, 0.f, Plus()) / (f32)p.size + p.epsilon);
  for (i64 i = first; i < p.size; i += step) {
    for (int j = 0; j < V; ++j) {
      f32 v = (at(i + j) - mean) * factor;
      if (p.scale) v *= widen(p.scale[i + j]);
      if (p.bias) v += widen(p.bias[i + j]);
      p.y[start + i + j] = to<T>(v);
    }
  }
}

KERNEL __launch_bounds__(256) norm_lanes_v(const __grid_constant__ Norm p) { by_lanes<VEC>(p); }
KERNEL __launch_bounds__(256) norm_lanes_s(const __grid_constant__ Norm p) { by_lanes<1>(p); }
KERNEL __launch_bounds__(512) norm_block_v(const __grid_constant__ Norm p) { by_block<VEC>(p); }
KERNEL __launch_bounds__(512) norm_block_s(const __grid_constant__ Norm p) { by_block<1>(p); }
KERNEL __launch_bounds__(1024) norm_long(const __grid_constant__ Norm p) { long_row<1>(p); }

// A group is [outer][inner] runs of memory, `stride` apart: channels of pixels (plain) or pixels of
// channels (channels last).
struct GroupNorm {
  const T *x, *scale, *bias;  // scale and bias may be null
  T* y;
  i64 stride, image, group_step;  // elements between runs, images, and groups of one image
  i32 groups, outer, inner, channels;  // channels of one group
  f32 epsilon;
  i32 last;  // channels last
};

template <int V>
DEVICE void normalise_group(const GroupNorm& p) {
  __shared__ i64 scratch[32];
  const BlockTeam team{scratch};
  const int image = blockIdx.x / p.groups, group = blockIdx.x - image * p.groups;
  const i64 start = image * p.image + group * p.group_step;
  const u32 first = threadIdx.x * V, step = blockDim.x * V, span = (u32)p.outer * p.inner;
  const auto read = [&](u32 i) {
    const u32 run = i / p.inner;
    return load<V>(p.x + start + run * p.stride + (i - run * p.inner));
  };
  f32 sum = 0, square = 0;
  for (u32 i = first; i < span; i += step) {
    const Vec<T, V> v = read(i);
    for (int j = 0; j < V; ++j) sum += widen(v.at[j]);
  }
  const f32 mean = team.all(sum, 0.f, Plus()) / (f32)span;
  for (u32 i = first; i < span; i += step) {
    const Vec<T, V> v = read(i);
    for (int j = 0; j < V; ++j) square += (widen(v.at[j]) - mean) * (widen(v.at[j]) - mean);
  }
  const f32 factor = rsqrtf(team.all(square, 0.f, Plus()) / (f32)span + p.epsilon);
  for (u32 i = first; i < span; i += step) {
    const u32 run = i / p.inner, rest = i - run * p.inner;
    Vec<T, V> v = read(i);
    for (int j = 0; j < V; ++j) {
      const int c = group * p.channels + (p.last ? rest + j : run);
      f32 r = (widen(v.at[j]) - mean) * factor;
      if (p.scale) r *= widen(p.scale[c]);
      if (p.bias) r += widen(p.bias[c]);
      v.at[j] = to<T>(r);
    }
    store(p.y + start + run * p.stride + rest, v);
  }
}

KERNEL __launch_bounds__(1024) group_norm_v(const __grid_constant__ GroupNorm p) {
  normalise_group<VEC>(p);
}
KERNEL __launch_bounds__(1024) group_norm_s(const __grid_constant__ GroupNorm p) {
  normalise_group<1>(p);
}
