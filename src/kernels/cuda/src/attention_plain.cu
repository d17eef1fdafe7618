// SPDX-License-Identifier: Apache-2.0
// Attention in f32 arithmetic for any element type T (f32 f16 bf16), depths up to 256, values of
// another depth than keys. A block of 128 threads takes 16 R queries of one head and goes over the
// keys in tiles of 32, held in shared memory as f32. Eight neighbouring lanes share R queries:
// each has the scores of four keys (lane + 8 c) and four columns of every 32 of the output. Softmax
// is online; probabilities pass between the eight lanes through shared memory.
//   grid: batch * heads * ceil(queries / (16 R)), block: 128
//   work: 2 (depth + value depth) flops per (query, key), R * 32 of them per 4 + R vector loads
#include "attention.cuh"

#define TILE 32
#define THREADS 128
#define P_ROW (TILE + 4)  // a row of probabilities; 16-byte aligned, off the others' banks

extern __shared__ __align__(16) f32 shared[];

/// Rows [first, first + count) of [rows, columns] as f32 with `width` (>= columns) floats a row;
/// zero outside. Warps take rows, lanes columns.
DEVICE void copy_rows(f32* to, const T* from, i64 stride, i32 first, i32 count, i32 rows,
                      i32 columns, i32 width, i32 pitch) {
  const int warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
  for (i32 r = warp; r < count; r += THREADS / 32) {
    const bool valid = first + r < rows;
    const T* row = from + (valid ? first + r : 0) * stride;
    for (i32 c = lane; c < width; c += 32)
      to[r * pitch + c] = valid && c < columns ? (f32)widen(row[c]) : 0.f;
  }
}

DEVICE f32 dot4(const Vec<f32, 4>& a, const Vec<f32, 4>& b, f32 sum) {
#pragma unroll
  for (int i = 0; i < 4; ++i) sum = fmaf(a.at[i], b.at[i], sum);
  return sum;
}

/// R queries per thread; columns of the output in C pieces of 32.
template <int R, int C>
DEVICE void attend(const AttentionParams& p) {
  const int group = threadIdx.x >> 3, lane8 = threadIdx.x & 7;
  const AttentionBlock at = attention_block(p, 16 * R);
  const i32 width = (p.depth + 3) & ~3, pitch = width + 4;
  f32* const qs = shared;                    // [16 R][pitch]
  f32* const ks = qs + 16 * R * pitch;       // [TILE][pitch]
  f32* const vs = ks + TILE * pitch;         // [TILE][32 C]
  f32* const ps = vs + TILE * 32 * C;        // [16 R][P_ROW]
  const T* k = (const T*)p.k + at.batch * p.k_stride[0] + at.key_head * p.k_stride[1];
  const T* v = (const T*)p.v + at.batch * p.v_stride[0] + at.key_head * p.v_stride[1];
  const T* q = (const T*)p.q + at.batch * p.q_stride[0] + at.head * p.q_stride[1];
  copy_rows(qs, q, p.q_stride[2], at.first_query, 16 * R, p.queries, p.depth, width, pitch);

  const i32 first_row = group * R;  // within the block
  f32 out[R][C][4] = {}, top[R], sum[R];
  i64 mask_at[R];
#pragma unroll
  for (int r = 0; r < R; ++r) {
    top[r] = -INFINITY_F;
    sum[r] = 0.f;
    mask_at[r] = p.mask_kind ? mask_row(p, at, at.first_query + first_row + r) : 0;
  }
  const i32 keys = attention_keys(p, at.first_query + 16 * R);
  for (i32 first = 0; first < keys; first += TILE) {
    __syncthreads();  // the tile before is no longer read
    copy_rows(ks, k, p.k_stride[2], first, TILE, p.keys, p.depth, width, pitch);
    copy_rows(vs, v, p.v_stride[2], first, TILE, p.keys, p.value_depth, 32 * C, 32 * C);
    __syncthreads();
    f32 s[R][4] = {};
    for (i32 d = 0; d < width; d += 4) {
      Vec<f32, 4> kv[4];
#pragma unroll
      for (int c = 0; c < 4; ++c) kv[c] = load<4>(ks + (lane8 + 8 * c) * pitch + d);
#pragma unroll
      for (int r = 0; r < R; ++r) {
        const Vec<f32, 4> qv = load<4>(qs + (first_row + r) * pitch + d);
#pragma unroll
        for (int c = 0; c < 4; ++c) s[r][c] = dot4(qv, kv[c], s[r][c]);
      }
    }
#pragma unroll
    for (int r = 0; r < R; ++r) {
      const i32 query = at.first_query + first_row + r;
      f32 new_top = top[r];
#pragma unroll
      for (int c = 0; c < 4; ++c) {
        const i32 key = first + lane8 + 8 * c;
        s[r][c] = in_reach(p, query, key) ? s[r][c] * p.scale_log2 : -INFINITY_F;
        if (p.mask_kind == MASK_BOOL) s[r][c] = bool_mask(p, mask_at[r], key, s[r][c]);
        if (p.mask_kind == MASK_FLOAT) s[r][c] = float_mask<T>(p, mask_at[r], key, s[r][c]);
        new_top = fmaxf(new_top, s[r][c]);
      }
#pragma unroll
      for (int x = 1; x < 8; x <<= 1)
        new_top = fmaxf(new_top, __shfl_xor_sync(0xffffffffu, new_top, x));
      const f32 base = finite_max(new_top), shrink = power_of_two(top[r] - base);
      top[r] = new_top;
      sum[r] *= shrink;
#pragma unroll
      for (int c = 0; c < 4; ++c) {
        const f32 e = power_of_two(s[r][c] - base);
        sum[r] += e;
        ps[(first_row + r) * P_ROW + lane8 + 8 * c] = e;
      }
#pragma unroll
      for (int c = 0; c < C; ++c)
#pragma unroll
        for (int i = 0; i < 4; ++i) out[r][c][i] *= shrink;
    }
    __syncwarp();  // the eight lanes of a row are of one warp
#pragma unroll 1
    for (int t = 0; t < TILE; t += 4) {
      Vec<f32, 4> w[R];
#pragma unroll
      for (int r = 0; r < R; ++r) w[r] = load<4>(ps + (first_row + r) * P_ROW + t);
#pragma unroll
      for (int u = 0; u < 4; ++u)
#pragma unroll
        for (int c = 0; c < C; ++c) {
          const Vec<f32, 4> x = load<4>(vs + (t + u) * 32 * C + c * 32 + lane8 * 4);
#pragma unroll
          for (int r = 0; r < R; ++r)
#pragma unroll
            for (int i = 0; i < 4; ++i)
              out[r][c][i] = fmaf(w[r].at[u], x.at[i], out[r][c][i]);
        }
    }
    // The next probabilities are written behind the barriers of the next tile.
  }

  T* to_head = (T*)p.out + at.batch * p.out_stride[0] + at.head * p.out_stride[1];
#pragma unroll
  for (int r = 0; r < R; ++r) {
    f32 total = sum[r];
#pragma unroll
    for (int x = 1; x < 8; x <<= 1) total += __shfl_xor_sync(0xffffffffu, total, x);
    const i32 query = at.first_query + first_row + r;
    if (query >= p.queries) continue;
    T* row = to_head + query * p.out_stride[2];
#pragma unroll
    for (int c = 0; c < C; ++c)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const i32 column = c * 32 + lane8 * 4 + i;
        // Nothing to attend to: zero.
        if (column < p.value_depth) row[column] = to<T>(total == 0.f ? 0.f : out[r][c][i] / total);
      }
  }
}

#define ATTENTION(name, R, C)                                                  \
  KERNEL __launch_bounds__(THREADS) name(const __grid_constant__ AttentionParams p) { \
    attend<R, C>(p);                                                           \
  }
ATTENTION(attention_q16_v64, 1, 2)
ATTENTION(attention_q32_v64, 2, 2)
ATTENTION(attention_q64_v64, 4, 2)
ATTENTION(attention_q16_v128, 1, 4)
ATTENTION(attention_q32_v128, 2, 4)
ATTENTION(attention_q64_v128, 4, 4)
ATTENTION(attention_q16_v256, 1, 8)
ATTENTION(attention_q32_v256, 2, 8)
