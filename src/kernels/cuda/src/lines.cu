// SPDX-License-Identifier: Apache-2.0
// Layers along one axis of a tensor seen as [lines / columns][size][columns]: arg_reduce, cumsum and
// topk. Floats are compared and added in f32, integers in i64 (sums wrap). Each element is read
// once (topk_select: k times).
//   arg_lanes      a group of lanes a line: 1 if there are columns (then neighbouring threads have
//                  neighbouring lines), else up to 32
//   arg_block      a block of 256 a line
//   cumsum_lines   a thread a line; cumsum_rows: a warp a line of consecutive elements
//   topk_sort      a block a line of up to 4096 elements: bitonic sort in shared memory
//   topk_select    any size: a block a line looks for the next best element k times
#include "common.cuh"
#include "rows.cuh"

struct Lines {
  const T* x;
  T* y;          // values (not for arg_reduce)
  i64* indices;  // arg_reduce and topk
  i64 lines, size, columns;
  i32 largest, lanes, k, padded;
};

/// Where a line begins in a tensor whose axis has `size` elements.
DEVICE i64 line_start(const Lines& p, i64 line, i64 size) {
  const i64 slab = line / p.columns;
  return slab * size * p.columns + (line - slab * p.columns);
}

/// An element and its position; a position of `size` or more is none, which comes after all.
struct Ranked {
  Acc value;
  i64 at;
};
/// Whether a comes before b: larger (or smaller) first, equals by position. NaN comes first if
/// `nan_first`, else last.
DEVICE bool before(const Ranked& a, const Ranked& b, bool largest, bool nan_first, i64 size) {
  if (a.at >= size || b.at >= size) return a.at < b.at;
  const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
  if (a_nan != b_nan) return nan_first ? a_nan : b_nan;
  if (!a_nan && a.value != b.value) return largest ? a.value > b.value : a.value < b.value;
  return a.at < b.at;
}

DEVICE void keep_best(Ranked& best, const Ranked& other, const Lines& p, bool nan_first) {
  if (before(other, best, p.largest, nan_first, p.size)) best = other;
}
DEVICE Ranked best_of_lanes(Ranked best, int lanes, const Lines& p, bool nan_first) {
  for (int d = lanes >> 1; d > 0; d >>= 1) {
    const Ranked other = {__shfl_xor_sync(0xffffffffu, best.value, d),
                          __shfl_xor_sync(0xffffffffu, best.at, d)};
    keep_best(best, other, p, nan_first);
  }
  return best;
}
/// The best of a block of whole warps, in every thread.
DEVICE Ranked best_of_block(Ranked best, Ranked* shared, const Lines& p, bool nan_first) {
  const int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
  best = best_of_lanes(best, 32, p, nan_first);
  __syncthreads();
  if (lane == 0) shared[warp] = best;
  __syncthreads();
  best = lane < warps ? shared[lane] : Ranked{0, p.size};
  return best_of_lanes(best, 32, p, nan_first);
}

/// torch finds NaN both by argmax and by argmin.
DEVICE Ranked best_of_part(const Lines& p, const T* line, i64 first, i64 step) {
  Ranked best = {0, p.size};
#pragma unroll 4
  for (i64 i = first; i < p.size; i += step)
    keep_best(best, Ranked{(Acc)widen(line[i * p.columns]), i}, p, true);
  return best;
}

KERNEL __launch_bounds__(256) arg_lanes(const __grid_constant__ Lines p) {
  const LaneTeam team{p.lanes};
  const i64 line = ((i64)blockIdx.x * blockDim.x + threadIdx.x) / p.lanes;
  Ranked best = {0, p.size};
  if (line < p.lines)
    best = best_of_part(p, p.x + line_start(p, line, p.size), team.index(), p.lanes);
  best = best_of_lanes(best, p.lanes, p, true);
  if (line < p.lines && team.index() == 0) p.indices[line] = best.at;
}

KERNEL __launch_bounds__(256) arg_block(const __grid_constant__ Lines p) {
  __shared__ Ranked shared[32];
  const T* const line = p.x + line_start(p, blockIdx.x, p.size);
  const Ranked best =
      best_of_block(best_of_part(p, line, threadIdx.x, blockDim.x), shared, p, true);
  if (threadIdx.x == 0) p.indices[blockIdx.x] = best.at;
}

DEVICE f32 plus(f32 a, f32 b) { return a + b; }
DEVICE i64 plus(i64 a, i64 b) { return (i64)((u64)a + (u64)b); }

KERNEL __launch_bounds__(128) cumsum_lines(const __grid_constant__ Lines p) {
  const i64 line = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (line >= p.lines) return;
  const i64 start = line_start(p, line, p.size);
  const T* __restrict__ const x = p.x + start;
  T* __restrict__ const y = p.y + start;
  Acc sum = 0;
#pragma unroll 8
  for (i64 i = 0; i < p.size; ++i) {
    sum = plus(sum, (Acc)widen(x[i * p.columns]));
    y[i * p.columns] = to<T>(sum);
  }
}

KERNEL __launch_bounds__(256) cumsum_rows(const __grid_constant__ Lines p) {
  const i64 line = ((i64)blockIdx.x * blockDim.x + threadIdx.x) >> 5;
  const int lane = threadIdx.x & 31;
  const i64 size = line < p.lines ? p.size : 0;  // the same in all lanes of a warp
  const T* __restrict__ const x = p.x + line * p.size;
  T* __restrict__ const y = p.y + line * p.size;
  Acc carry = 0;
  for (i64 base = 0; base < size; base += 32) {
    const i64 i = base + lane;
    Acc sum = i < size ? (Acc)widen(x[i]) : (Acc)0;
    for (int d = 1; d < 32; d <<= 1) {
      const Acc left = __shfl_up_sync(0xffffffffu, sum, d);
      if (lane >= d) sum = plus(sum, left);
    }
    sum = plus(sum, carry);
    if (i < size) y[i] = to<T>(sum);
    carry = __shfl_sync(0xffffffffu, sum, 31);
  }
}

DEVICE void put(const Lines& p, i64 line, i64 rank, const Ranked& r) {
  const i64 at = line_start(p, line, p.k) + rank * p.columns;
  p.y[at] = to<T>(r.value);
  p.indices[at] = r.at;
}

KERNEL __launch_bounds__(1024) topk_sort(const __grid_constant__ Lines p) {
  extern __shared__ i64 shared[];
  Acc* const values = (Acc*)shared;
  i32* const at = (i32*)(values + p.padded);
  const T* const x = p.x + line_start(p, blockIdx.x, p.size);
  for (int i = threadIdx.x; i < p.padded; i += blockDim.x) {
    values[i] = i < p.size ? (Acc)widen(x[i * p.columns]) : (Acc)0;
    at[i] = i;
  }
  for (int run = 2; run <= p.padded; run <<= 1) {
    for (int half = run >> 1; half > 0; half >>= 1) {
      __syncthreads();
      for (int t = threadIdx.x; t < p.padded / 2; t += blockDim.x) {
        const int i = (t / half) * 2 * half + t % half, j = i + half;
        const Ranked a = {values[i], at[i]}, b = {values[j], at[j]};
        const bool ascending = (i & run) == 0;
        if (before(b, a, p.largest, p.largest, p.size) != ascending) continue;
        values[i] = b.value, at[i] = (i32)b.at;
        values[j] = a.value, at[j] = (i32)a.at;
      }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < p.k; i += blockDim.x)
    put(p, blockIdx.x, i, Ranked{values[i], at[i]});
}

KERNEL __launch_bounds__(1024) topk_select(const __grid_constant__ Lines p) {
  __shared__ Ranked shared[32];
  const T* const x = p.x + line_start(p, blockIdx.x, p.size);
  Ranked last = {0, p.size};
  for (int rank = 0; rank < p.k; ++rank) {
    Ranked best = {0, p.size};
    for (i64 i = threadIdx.x; i < p.size; i += blockDim.x) {
      const Ranked r = {(Acc)widen(x[i * p.columns]), i};
      if (rank == 0 || before(last, r, p.largest, p.largest, p.size))
        keep_best(best, r, p, p.largest);
    }
    last = best_of_block(best, shared, p, p.largest);
    if (threadIdx.x == 0) put(p, blockIdx.x, rank, last);
  }
}
