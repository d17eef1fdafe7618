// SPDX-License-Identifier: Apache-2.0
// What attention.cpp and attention_isa.cpp share: one call in plain numbers and pointers.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tenon::kernels {

enum class MaskKind : uint8_t { kNone, kFloat, kBool };

/// Element strides of one operand; its last dim is contiguous.
struct HeadStrides {
  int64_t batch, head, row;
};

struct AttentionArgs {
  int64_t batch, heads, kv_heads, queries, keys, depth, value_depth;
  float scale;
  bool causal;
  HeadStrides q, k, v, out;
  MaskKind mask_kind;
  HeadStrides mask;
  int64_t mask_key;  // stride of the mask along the keys
  const float *query, *key, *value;
  const void* mask_data;
  float* result;
};

struct AttentionFns {
  /// Query blocks of one head; the units of a call are batch * heads * blocks.
  int64_t (*blocks)(const AttentionArgs& args);
  /// Floats of scratch that one thread needs (64-byte aligned).
  int64_t (*scratch)(const AttentionArgs& args);
  void (*run)(const AttentionArgs& args, int64_t begin, int64_t end, float* scratch);
};

}  // namespace tenon::kernels
