// SPDX-License-Identifier: Apache-2.0
// What the attention kernels share: parameters and masking. Scores are kept times log2(e), so that
// their exponentials are powers of two.
#pragma once
#include "common.cuh"

#define LOG2E 1.4426950408889634f
#define LOWEST __int_as_float(0xff7fffff)
#define MASK_BOOL 1
#define MASK_FLOAT 2

// Strides in elements of (batch, head, position); the depth is contiguous. A broadcast mask has
// strides of 0. Twin of AttentionParams in attention.cpp.
struct AttentionParams {
  const void *q, *k, *v, *mask;
  void* out;
  i64 q_stride[3], k_stride[3], v_stride[3], out_stride[3], mask_stride[4];
  i32 heads, group;  // query heads, and how many of them share a key head
  i32 queries, keys, depth, value_depth;
  i32 query_blocks;  // blocks per batch and head
  i32 mask_kind, causal;
  i32 aligned;     // every pointer to 16 bytes
  f32 scale_log2;  // scale * log2(e)
};

/// Where a block works. Later queries first: under a causal mask they have more to do.
struct AttentionBlock {
  i64 batch, head, key_head;
  i32 first_query;
};
DEVICE AttentionBlock attention_block(const AttentionParams& p, i32 queries_per_block) {
  AttentionBlock at;
  const u32 outer = blockIdx.x / (u32)p.query_blocks;
  const i32 block = p.query_blocks - 1 - (i32)(blockIdx.x % (u32)p.query_blocks);
  at.batch = outer / (u32)p.heads;
  at.head = outer % (u32)p.heads;
  at.key_head = at.head / p.group;
  at.first_query = block * queries_per_block;
  return at;
}

/// Keys that some query before `end` may attend to.
DEVICE i32 attention_keys(const AttentionParams& p, i32 end) {
  return p.causal && end < p.keys ? end : p.keys;
}

DEVICE f32 power_of_two(f32 x) {
  f32 y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
/// What a maximum is subtracted as: a row with nothing to attend to has -infinity, whose
/// difference to itself would be NaN.
DEVICE f32 finite_max(f32 x) { return x == -INFINITY_F ? 0.f : x; }

/// Start of the mask's row of a query; queries past the end read the last row.
DEVICE i64 mask_row(const AttentionParams& p, const AttentionBlock& at, i32 query) {
  const i32 q = query < p.queries ? query : p.queries - 1;
  return at.batch * p.mask_stride[0] + at.head * p.mask_stride[1] + q * p.mask_stride[2];
}

/// Whether `query` may look at `key` at all, the mask aside.
DEVICE bool in_reach(const AttentionParams& p, i32 query, i32 key) {
  return key < p.keys && !(p.causal && key > query);
}
/// Masks of one score; `row` is mask_row(). Keys past the end read the last one: their score is
/// -infinity already.
DEVICE i64 mask_place(const AttentionParams& p, i64 row, i32 key) {
  const i32 k = key < p.keys ? key : p.keys - 1;
  return row + (p.mask_stride[3] ? k : 0);  // plain layout: contiguous or broadcast
}
DEVICE f32 bool_mask(const AttentionParams& p, i64 row, i32 key, f32 score) {
  return ((const u8*)p.mask)[mask_place(p, row, key)] ? score : -INFINITY_F;
}
template <typename E>
DEVICE f32 float_mask(const AttentionParams& p, i64 row, i32 key, f32 score) {
  const f32 mask = widen(((const E*)p.mask)[mask_place(p, row, key)]);
  f32 scaled = mask * LOG2E;
  // The lowest finite number, a usual mask, must not become -infinity: a row that has only it is
  // the mean of all values, not zero.
  if (scaled == -INFINITY_F && mask != -INFINITY_F) scaled = LOWEST;
  return score + scaled;
}
