// SPDX-License-Identifier: Apache-2.0
// reduce over any dims; OP is one of the structs below. Floats are combined in f32, integers in i64
// (so sums and products wrap). One operation and one read an element.
//   rows_lanes    x is [outer][axis]: a group of 1 to 32 lanes a row
//   rows_block    a block a row, or `splits` blocks each with a part of it
//   columns       x is [outer][axis][inner]: neighbouring threads have neighbouring columns, the
//                 rows of the block share the axis and combine in shared memory; `splits` blocks
//                 may share it too
//   finish        combines what the splits left in `partial` ([splits][outputs]), in order
//   any           anything else: a group of lanes an output, strided reads
// _v: 16-byte vectors; _s: single elements.
#include "common.cuh"
#include "rows.cuh"

#define MEMBER static __device__ __forceinline__

struct Sum {
  MEMBER Acc identity() { return 0; }
  MEMBER f32 combine(f32 a, f32 b) { return a + b; }
  MEMBER i64 combine(i64 a, i64 b) { return (i64)((u64)a + (u64)b); }
  MEMBER Acc finish(Acc a, i64) { return a; }
};
struct Avg : Sum {
  MEMBER Acc finish(Acc a, i64 count) { return a / (Acc)count; }
};
struct Prod : Sum {
  MEMBER Acc identity() { return 1; }
  MEMBER f32 combine(f32 a, f32 b) { return a * b; }
  MEMBER i64 combine(i64 a, i64 b) { return (i64)((u64)a * (u64)b); }
};
DEVICE void set_least(f32& a) { a = -INFINITY_F; }
DEVICE void set_least(i64& a) { a = (i64)(1ull << 63); }
DEVICE void set_greatest(f32& a) { a = INFINITY_F; }
DEVICE void set_greatest(i64& a) { a = (i64)(~0ull >> 1); }
struct Max : Sum {
  MEMBER Acc identity() {
    Acc a;
    set_least(a);
    return a;
  }
  MEMBER f32 combine(f32 a, f32 b) { return max_nan(a, b); }
  MEMBER i64 combine(i64 a, i64 b) { return a > b ? a : b; }
};
struct Min : Sum {
  MEMBER Acc identity() {
    Acc a;
    set_greatest(a);
    return a;
  }
  MEMBER f32 combine(f32 a, f32 b) { return min_nan(a, b); }
  MEMBER i64 combine(i64 a, i64 b) { return a < b ? a : b; }
};
struct Any : Sum {
  MEMBER Acc combine(Acc a, Acc b) { return a != 0 || b != 0; }
};
struct All : Sum {
  MEMBER Acc identity() { return 1; }
  MEMBER Acc combine(Acc a, Acc b) { return a != 0 && b != 0; }
};
struct Combine {
  MEMBER Acc both(Acc a, Acc b) { return OP::combine(a, b); }
  __device__ __forceinline__ Acc operator()(Acc a, Acc b) const { return both(a, b); }
};

struct Reduce {
  const T* x;
  T* y;
  Acc* partial;
  i64 outer, axis, inner;
  i64 part;  // of the axis for one split
  i32 splits, lanes;
};

/// The result of split blockIdx.y for one output.
DEVICE void put(const Reduce& p, i64 output, Acc value) {
  if (p.splits > 1)
    p.partial[blockIdx.y * p.outer * p.inner + output] = value;
  else
    p.y[output] = to<T>(OP::finish(value, p.axis));
}

template <int V>
DEVICE Acc combined(Acc acc, const Vec<T, V>& v) {
#pragma unroll
  for (int j = 0; j < V; ++j) acc = OP::combine(acc, (Acc)widen(v.at[j]));
  return acc;
}

template <int V>
DEVICE Acc own_part(const T* row, i64 begin, i64 end, int index, int count) {
  Acc acc = OP::identity();
#pragma unroll 4
  for (i64 i = begin + (i64)index * V; i < end; i += (i64)count * V)
    acc = combined(acc, load<V>(row + i));
  return acc;
}

template <int V>
DEVICE void lanes_of_rows(const Reduce& p) {
  const LaneTeam team{p.lanes};
  const i64 row = ((i64)blockIdx.x * blockDim.x + threadIdx.x) / p.lanes;
  const i64 end = row < p.outer ? p.axis : 0;
  Acc acc = own_part<V>(p.x + row * p.axis, 0, end, team.index(), team.count());
  acc = team.all(acc, OP::identity(), Combine());
  if (row < p.outer && team.index() == 0) put(p, row, acc);
}
template <int V>
DEVICE void block_of_row(const Reduce& p) {
  __shared__ i64 scratch[32];
  const BlockTeam team{scratch};
  const i64 row = blockIdx.x, begin = blockIdx.y * p.part;
  const i64 end = begin + p.part < p.axis ? begin + p.part : p.axis;
  Acc acc = own_part<V>(p.x + row * p.axis, begin, end, team.index(), team.count());
  acc = team.all(acc, OP::identity(), Combine());
  if (threadIdx.x == 0) put(p, row, acc);
}

/// blockDim is (columns / V, a power of two of parts), 256 threads at most.
template <int V>
DEVICE void columns(const Reduce& p) {
  __shared__ Acc shared[256 * V];
  const i64 strips = (p.inner + blockDim.x * V - 1) / (blockDim.x * V);
  const i64 slab = blockIdx.x / strips;
  const i64 column = ((blockIdx.x - slab * strips) * blockDim.x + threadIdx.x) * V;
  const i64 begin = blockIdx.y * p.part;
  const i64 end = begin + p.part < p.axis ? begin + p.part : p.axis;
  Acc acc[V];
#pragma unroll
  for (int j = 0; j < V; ++j) acc[j] = OP::identity();
  if (column < p.inner) {
    const T* const x = p.x + slab * p.axis * p.inner + column;
#pragma unroll 8
    for (i64 i = begin + threadIdx.y; i < end; i += blockDim.y) {
      const Vec<T, V> v = load<V>(x + i * p.inner);
#pragma unroll
      for (int j = 0; j < V; ++j) acc[j] = OP::combine(acc[j], (Acc)widen(v.at[j]));
    }
  }
  Acc* const mine = shared + (threadIdx.y * blockDim.x + threadIdx.x) * V;
#pragma unroll
  for (int j = 0; j < V; ++j) mine[j] = acc[j];
  for (int half = blockDim.y >> 1; half > 0; half >>= 1) {
    __syncthreads();
    if (threadIdx.y >= half) continue;
#pragma unroll
    for (int j = 0; j < V; ++j) mine[j] = OP::combine(mine[j], mine[half * blockDim.x * V + j]);
  }
  if (threadIdx.y != 0 || column >= p.inner) return;
#pragma unroll
  for (int j = 0; j < V; ++j) put(p, slab * p.inner + column + j, mine[j]);
}

KERNEL __launch_bounds__(256) rows_lanes_v(const __grid_constant__ Reduce p) {
  lanes_of_rows<VEC>(p);
}
KERNEL __launch_bounds__(256) rows_lanes_s(const __grid_constant__ Reduce p) {
  lanes_of_rows<1>(p);
}
KERNEL __launch_bounds__(256) rows_block_v(const __grid_constant__ Reduce p) {
  block_of_row<VEC>(p);
}
KERNEL __launch_bounds__(256) rows_block_s(const __grid_constant__ Reduce p) {
  block_of_row<1>(p);
}
KERNEL __launch_bounds__(256) columns_v(const __grid_constant__ Reduce p) { columns<VEC>(p); }
KERNEL __launch_bounds__(256) columns_s(const __grid_constant__ Reduce p) { columns<1>(p); }

KERNEL __launch_bounds__(256) finish(const __grid_constant__ Reduce p) {
  const i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x, outputs = p.outer * p.inner;
  if (i >= outputs) return;
  Acc acc = OP::identity();
#pragma unroll 8
  for (i64 s = 0; s < p.splits; ++s) acc = OP::combine(acc, p.partial[s * outputs + i]);
  p.y[i] = to<T>(OP::finish(acc, p.axis));
}

constexpr int kDims = 8;
struct ReduceAny {
  const T* x;
  T* y;
  i64 outputs, count;  // elements that make one output
  i64 kept[kDims], kept_x[kDims], kept_y[kDims];
  i64 reduced[kDims], reduced_x[kDims];
  i32 kept_rank, reduced_rank, lanes;
};

/// Offset of position `i` of dims under strides.
DEVICE i64 offset(i64 i, int rank, const i64* dims, const i64* strides) {
  i64 at = 0;
  for (int d = rank - 1; d >= 0; --d) {
    const i64 rest = i / dims[d];
    at += (i - rest * dims[d]) * strides[d];
    i = rest;
  }
  return at;
}

KERNEL __launch_bounds__(256) any(const __grid_constant__ ReduceAny p) {
  const LaneTeam team{p.lanes};
  const i64 output = ((i64)blockIdx.x * blockDim.x + threadIdx.x) / p.lanes;
  const bool real = output < p.outputs;
  const T* const x = p.x + (real ? offset(output, p.kept_rank, p.kept, p.kept_x) : 0);
  Acc acc = OP::identity();
  for (i64 i = team.index(); real && i < p.count; i += team.count())
    acc = OP::combine(acc, (Acc)widen(x[offset(i, p.reduced_rank, p.reduced, p.reduced_x)]));
  acc = team.all(acc, OP::identity(), Combine());
  if (real && team.index() == 0)
    p.y[offset(output, p.kept_rank, p.kept, p.kept_y)] = to<T>(OP::finish(acc, p.count));
}
