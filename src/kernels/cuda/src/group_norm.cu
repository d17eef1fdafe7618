// SPDX-License-Identifier: Apache-2.0
// group_norm: a block of up to 1024 threads a group of channels of an image, which is read three
// times (mostly from L2): for the mean, for the squares about it, and for the result. 8 bytes moved
// an element for the half types.
// _v: 16-byte vectors (runs and pointers allow them); _s: single elements.
#include "common.cuh"
#include "rows.cuh"

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
