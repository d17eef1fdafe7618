// SPDX-License-Identifier: Apache-2.0
// What the row kernels share: teams of threads that work on one row (a group of lanes of a warp, or
// a whole block) and reduce over themselves, and the part of a row that a thread of a team holds in
// registers. T, the element type, is defined by whoever compiles.
#pragma once

#include "common.cuh"

#define VEC (16 / (int)sizeof(T))

/// What elements are compared and added as: f32 for floats, i64 for integers.
template <typename E>
struct AccOf {
  typedef i64 type;
};
template <>
struct AccOf<f32> {
  typedef f32 type;
};
template <>
struct AccOf<f16> {
  typedef f32 type;
};
template <>
struct AccOf<bf16> {
  typedef f32 type;
};
typedef AccOf<T>::type Acc;

/// The larger of both; NaN if one of them is.
DEVICE f32 max_nan(f32 a, f32 b) {
  f32 r;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
  return r;
}
DEVICE f32 min_nan(f32 a, f32 b) {
  f32 r;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
  return r;
}

struct Plus {
  template <typename A>
  __device__ __forceinline__ A operator()(A a, A b) const {
    return a + b;
  }
};
struct Larger {  // ignores NaN
  __device__ __forceinline__ f32 operator()(f32 a, f32 b) const { return fmaxf(a, b); }
};

/// `lanes` neighbours of a warp, a power of two. Every lane of the warp must take part in all().
struct LaneTeam {
  int lanes;
  __device__ __forceinline__ int index() const { return threadIdx.x & (lanes - 1); }
  __device__ __forceinline__ int count() const { return lanes; }
  template <typename A, typename Op>
  __device__ __forceinline__ A all(A x, A, Op op) const {
    for (int d = lanes >> 1; d > 0; d >>= 1) x = op(x, __shfl_xor_sync(0xffffffffu, x, d));
    return x;
  }
};

/// A one-dimensional block of whole warps. `scratch` has 32 elements of 8 bytes.
struct BlockTeam {
  i64* scratch;
  __device__ __forceinline__ int index() const { return threadIdx.x; }
  __device__ __forceinline__ int count() const { return blockDim.x; }
  template <typename A, typename Op>
  __device__ __forceinline__ A all(A x, A identity, Op op) const {
    A* const of_warp = (A*)scratch;
    const int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
    x = LaneTeam{32}.all(x, identity, op);
    __syncthreads();  // the last result has been read
    if (lane == 0) of_warp[warp] = x;
    __syncthreads();
    return LaneTeam{32}.all(lane < warps ? of_warp[lane] : identity, identity, op);
  }
};

/// The N vectors of V elements that thread `first` of `step` threads holds of a row of `size`
/// elements (a multiple of V); zeros past its end. All loads are under way before the first use.
template <int V, int N>
DEVICE void read_part(Vec<T, V> (&to)[N], const T* row, int first, int step, int size) {
#pragma unroll
  for (int k = 0; k < N; ++k) {
    const int at = (first + k * step) * V;
    if (at < size)
      to[k] = load<V>(row + at);
    else
      to[k] = Vec<T, V>{};
  }
}
/// Rounds and stores such a part.
template <int V, int N>
DEVICE void write_part(T* row, const f32 (&v)[N][V], int first, int step, int size) {
#pragma unroll
  for (int k = 0; k < N; ++k) {
    const int at = (first + k * step) * V;
    if (at >= size) continue;
    Vec<T, V> rounded;
#pragma unroll
    for (int j = 0; j < V; ++j) rounded.at[j] = to<T>(v[k][j]);
    store(row + at, rounded);
  }
}
