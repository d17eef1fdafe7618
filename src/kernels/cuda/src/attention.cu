// SPDX-License-Identifier: Apache-2.0
// Attention on tensor cores: T is f16 or bf16, D (a multiple of 16 up to 128) the depth of query,
// key and value. A block takes some queries of one head and goes over the keys in tiles of 64 that
// are copied to shared memory while the tile before is used. A warp keeps 16 M queries, their part
// of the scores, and the sums of the output in registers (softmax online, in f32); the
// probabilities go from the result of the first product to the operand of the second without
// leaving them. With WK > 1, warps share the same queries and split the keys of each tile, and
// their partial results are joined at the end: more warps where there are few queries.
//   grid: batch * heads * ceil(queries / (16 M WQ)), block: 32 WQ WK threads
//   work: 4 D flops per (query, key); keys and values are read once per block
#include "attention.cuh"
#include "mma.cuh"

#define TILE 64     // keys at once
#define ROW (D + 8)  // elements of a row in shared memory: 8 rows of 16 bytes hit all 32 banks

extern __shared__ __align__(16) u16 shared[];  // stages x {keys, values} x TILE x ROW

/// Rows of one tile, zero past the end. All threads of the block take part.
template <int THREADS>
DEVICE void copy_tile(const AttentionParams& p, u16* to, const u16* from, i64 stride, i32 first) {
  constexpr int CHUNKS = D / 8;
  for (int i = threadIdx.x; i < TILE * CHUNKS; i += THREADS) {
    const int row = i / CHUNKS, column = i % CHUNKS * 8;
    const bool valid = first + row < p.keys;
    const u16* source = from + (valid ? first + row : 0) * stride + column;
    u16* target = to + row * ROW + column;
    if (p.aligned) {
      copy_async16(shared_address(target), source, valid);
    } else {
#pragma unroll 1
      for (int e = 0; e < 8; ++e) target[e] = valid ? source[e] : (u16)0;
    }
  }
}

/// One warp's 16 queries: operand, output sums, and per row (of two) the running maximum and sum.
struct Rows {
  u32 q[D / 16][4];
  f32 out[D / 8][4];
  f32 top[2], sum[2];
};

DEVICE void start_rows(const AttentionParams& p, Rows& rows, const u16* q, i32 first_query) {
  const int lane = threadIdx.x & 31;
#pragma unroll
  for (int k = 0; k < D / 16; ++k)
#pragma unroll
    for (int r = 0; r < 4; ++r) {
      const i32 query = first_query + mma_a_row(lane, r);
      const u16* at = q + query * p.q_stride[2] + k * 16 + mma_a_col(lane, r);
      rows.q[k][r] = query < p.queries ? load_pair(at, p.aligned) : 0u;
    }
#pragma unroll
  for (int n = 0; n < D / 8; ++n)
    for (int i = 0; i < 4; ++i) rows.out[n][i] = 0.f;
  for (int h = 0; h < 2; ++h) {
    rows.top[h] = -INFINITY_F;
    rows.sum[h] = 0.f;
  }
}

/// score = change(query, key, score) for the scores of one warp's 16 rows; `first_key` is the first
/// column's.
template <int NT, typename Change>
DEVICE void change_scores(f32 (&s)[NT][4], i32 first_query, i32 first_key, const Change& change) {
  const int lane = threadIdx.x & 31;
#pragma unroll
  for (int n = 0; n < NT; ++n)
#pragma unroll
    for (int i = 0; i < 4; ++i)
      s[n][i] = change(i >> 1, first_query + mma_d_row(lane, i),
                       first_key + n * 8 + mma_d_col(lane, i), s[n][i]);
}

template <int NT>
DEVICE void mask_scores(const AttentionParams& p, const AttentionBlock& at, f32 (&s)[NT][4],
                        i32 first_query, i32 first_key) {
#pragma unroll
  for (int n = 0; n < NT; ++n)
#pragma unroll
    for (int i = 0; i < 4; ++i) s[n][i] *= p.scale_log2;
  if (!in_reach(p, first_query, first_key + NT * 8 - 1))
    change_scores(s, first_query, first_key, [&](int, i32 query, i32 key, f32 score) {
      return in_reach(p, query, key) ? score : -INFINITY_F;
    });
  if (!p.mask_kind) return;
  const int lane = threadIdx.x & 31;
  const i64 rows[2] = {mask_row(p, at, first_query + mma_d_row(lane, 0)),
                       mask_row(p, at, first_query + mma_d_row(lane, 2))};
  if (p.mask_kind == MASK_BOOL)
    change_scores(s, first_query, first_key, [&](int half, i32, i32 key, f32 score) {
      return bool_mask(p, rows[half], key, score);
    });
  else
    change_scores(s, first_query, first_key, [&](int half, i32, i32 key, f32 score) {
      return float_mask<T>(p, rows[half], key, score);
    });
}

/// Scores become probabilities relative to the new maximum, to which the sums are brought too.
template <int NT>
DEVICE void soften(Rows& rows, f32 (&s)[NT][4]) {
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    f32 top = rows.top[h];
#pragma unroll
    for (int n = 0; n < NT; ++n) top = fmaxf(top, fmaxf(s[n][2 * h], s[n][2 * h + 1]));
    // The four lanes of a row.
    top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, 1));
    top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, 2));
    const f32 base = finite_max(top);
    const f32 shrink = power_of_two(rows.top[h] - base);
    rows.top[h] = top;
    f32 sum = rows.sum[h] * shrink;
#pragma unroll
    for (int n = 0; n < NT; ++n)
#pragma unroll
      for (int c = 0; c < 2; ++c) {
        s[n][2 * h + c] = power_of_two(s[n][2 * h + c] - base);
        sum += s[n][2 * h + c];
      }
    rows.sum[h] = sum;  // of this lane's columns; joined at the end
#pragma unroll
    for (int n = 0; n < D / 8; ++n) {
      rows.out[n][2 * h] *= shrink;
      rows.out[n][2 * h + 1] *= shrink;
    }
  }
}

/// The products of M groups of 16 queries with NT * 8 keys that start at `keys` and `values`.
template <int M, int NT>
DEVICE void tile_step(const AttentionParams& p, const AttentionBlock& at, Rows (&rows)[M],
                      const u16* keys, const u16* values, i32 first_query, i32 first_key) {
  const int lane = threadIdx.x & 31;
  f32 s[M][NT][4] = {};
  const u32 key_at = shared_address(keys + ldm_nk_row(lane) * ROW + ldm_nk_col(lane));
#pragma unroll
  for (int k = 0; k < D / 16; ++k)
#pragma unroll
    for (int n = 0; n < NT; n += 2) {
      u32 b[4];
      ldmatrix4(b, key_at + (n * 8 * ROW + k * 16) * 2);
#pragma unroll
      for (int m = 0; m < M; ++m) {
        Mma<T>::add(s[m][n], rows[m].q[k], b[0], b[1]);
        Mma<T>::add(s[m][n + 1], rows[m].q[k], b[2], b[3]);
      }
    }
#pragma unroll
  for (int m = 0; m < M; ++m) {
    mask_scores(p, at, s[m], first_query + m * 16, first_key);
    soften(rows[m], s[m]);
  }
  const u32 value_at = shared_address(values + ldm_kn_row(lane) * ROW + ldm_kn_col(lane));
#pragma unroll
  for (int k = 0; k < NT / 2; ++k) {
    u32 a[M][4];  // the results' places are those of the operand: mma_d_* and mma_a_*
#pragma unroll
    for (int m = 0; m < M; ++m)
#pragma unroll
      for (int r = 0; r < 4; ++r) {
        const int n = 2 * k + (r >> 1), i = 2 * (r & 1);
        a[m][r] = Mma<T>::pack(s[m][n][i], s[m][n][i + 1]);
      }
#pragma unroll
    for (int n = 0; n < D / 8; n += 2) {
      u32 b[4];
      ldmatrix4_trans(b, value_at + (k * 16 * ROW + n * 8) * 2);
#pragma unroll
      for (int m = 0; m < M; ++m) {
        Mma<T>::add(rows[m].out[n], a[m], b[0], b[1]);
        Mma<T>::add(rows[m].out[n + 1], a[m], b[2], b[3]);
      }
    }
  }
}

/// Adds the partial results of the warps with wk > 0 to those of wk == 0. One group of 16 queries
/// per warp; every lane finds its own places again.
template <int WQ, int WK>
DEVICE void join_warps(Rows& rows, int wq, int wk) {
  constexpr int VALUES = D / 8 * 4 + 4;
  f32* const place = (f32*)shared;
  const int lane = threadIdx.x & 31;
  __syncthreads();  // the tiles are no longer read
  if (wk > 0) {
    f32* to = place + ((wk - 1) * WQ + wq) * VALUES * 32 + lane;
#pragma unroll
    for (int n = 0; n < D / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) to[(n * 4 + i) * 32] = rows.out[n][i];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      to[(VALUES - 4 + h) * 32] = rows.top[h];
      to[(VALUES - 2 + h) * 32] = rows.sum[h];
    }
  }
  __syncthreads();
  if (wk > 0) return;
  for (int w = 1; w < WK; ++w) {
    const f32* from = place + ((w - 1) * WQ + wq) * VALUES * 32 + lane;
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const f32 other_top = from[(VALUES - 4 + h) * 32];
      const f32 top = fmaxf(rows.top[h], other_top), base = finite_max(top);
      const f32 mine = power_of_two(rows.top[h] - base), other = power_of_two(other_top - base);
      rows.top[h] = top;
      rows.sum[h] = rows.sum[h] * mine + from[(VALUES - 2 + h) * 32] * other;
#pragma unroll
      for (int n = 0; n < D / 8; ++n)
#pragma unroll
        for (int c = 0; c < 2; ++c) {
          const int i = 2 * h + c;
          rows.out[n][i] = rows.out[n][i] * mine + from[(n * 4 + i) * 32] * other;
        }
    }
  }
}

DEVICE void finish_rows(const AttentionParams& p, const Rows& rows, u16* out, i32 first_query) {
  const int lane = threadIdx.x & 31;
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    const i32 query = first_query + mma_d_row(lane, 2 * h);
    if (query >= p.queries) continue;
    const f32 sum = rows.sum[h], factor = 1.f / sum;
    u16* at = out + query * p.out_stride[2] + mma_d_col(lane, 0);
#pragma unroll
    for (int n = 0; n < D / 8; ++n) {
      // Nothing to attend to: zero.
      const f32 low = sum == 0.f ? 0.f : rows.out[n][2 * h] * factor;
      const f32 high = sum == 0.f ? 0.f : rows.out[n][2 * h + 1] * factor;
      store_pair(at + n * 8, Mma<T>::pack(low, high), p.aligned);
    }
  }
}

template <int M, int WQ, int WK>
DEVICE void attend(const AttentionParams& p) {
  static_assert(M == 1 || WK == 1, "join_warps() joins one group of queries");
  constexpr int THREADS = 32 * WQ * WK, NT = TILE / WK / 8, STAGE = 2 * TILE * ROW;
  const int warp = threadIdx.x >> 5, wq = warp % WQ, wk = warp / WQ;
  const AttentionBlock at = attention_block(p, 16 * M * WQ);
  const u16* k = (const u16*)p.k + at.batch * p.k_stride[0] + at.key_head * p.k_stride[1];
  const u16* v = (const u16*)p.v + at.batch * p.v_stride[0] + at.key_head * p.v_stride[1];
  const u16* q = (const u16*)p.q + at.batch * p.q_stride[0] + at.head * p.q_stride[1];
  u16* out = (u16*)p.out + at.batch * p.out_stride[0] + at.head * p.out_stride[1];
  const i32 first_query = at.first_query + wq * 16 * M;
  const i32 keys = attention_keys(p, at.first_query + 16 * M * WQ);
  const auto copy = [&](i32 first, int stage) {
    copy_tile<THREADS>(p, shared + stage * STAGE, k, p.k_stride[2], first);
    copy_tile<THREADS>(p, shared + stage * STAGE + TILE * ROW, v, p.v_stride[2], first);
  };
  if (keys > 0) copy(0, 0);
  copy_async_commit();
  Rows rows[M];
#pragma unroll
  for (int m = 0; m < M; ++m) start_rows(p, rows[m], q, first_query + m * 16);
  int stage = 0;
  for (i32 first = 0; first < keys; first += TILE, stage ^= 1) {
    if (first + TILE < keys) copy(first + TILE, stage ^ 1);
    copy_async_commit();  // maybe empty: the count of groups stays the same
    copy_async_wait<1>();
    __syncthreads();
    const u16* tile = shared + stage * STAGE + wk * (NT * 8) * ROW;
    tile_step<M, NT>(p, at, rows, tile, tile + TILE * ROW, first_query, first + wk * NT * 8);
    __syncthreads();  // before the next copy overwrites what was read
  }
#pragma unroll
  for (int m = 0; m < M; ++m)
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      f32& sum = rows[m].sum[h];
      sum += __shfl_xor_sync(0xffffffffu, sum, 1);
      sum += __shfl_xor_sync(0xffffffffu, sum, 2);
    }
  if (WK > 1) join_warps<WQ, WK>(rows[0], wq, wk);
  if (wk > 0) return;
#pragma unroll
  for (int m = 0; m < M; ++m) finish_rows(p, rows[m], out, first_query + m * 16);
}

#define ATTENTION(name, M, WQ, WK)                                      \
  KERNEL __launch_bounds__(32 * WQ * WK) name(const __grid_constant__ AttentionParams p) { \
    attend<M, WQ, WK>(p);                                               \
  }
#if D <= 64
ATTENTION(attention_q128, 2, 4, 1)
#endif
ATTENTION(attention_q64, 1, 4, 1)
ATTENTION(attention_q32, 1, 2, 2)
ATTENTION(attention_q16, 1, 1, 4)
