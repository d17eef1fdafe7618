// SPDX-License-Identifier: Apache-2.0
// For attention_isa.cpp: operands whose rows hold the heads side by side, [B, S, H, D]. The rows of
// one head are short and far apart, which memory is slow to deliver; so several heads are asked for
// at once, row by row, before the first of them is computed.
#pragma once

#include "kernels/cpu/attention.h"
#include "kernels/cpu/vec.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

class HeadFetch {
 public:
  explicit HeadFetch(const AttentionArgs& a) : a_(a), heads_(heads_at_once(a)) {}

  /// Called with each head, in order, before it is computed.
  void begin(int64_t batch, int64_t head) {
    if (heads_ < 2 || (batch == batch_ && head < end_)) return;
    batch_ = batch;
    end_ = head + heads_ < a_.heads ? head + heads_ : a_.heads;
    const int64_t group = a_.heads / a_.kv_heads, kv = head / group;
    const int64_t n = end_ - head, kv_n = (end_ - 1) / group + 1 - kv;
    const float* q = a_.query + batch * a_.q.batch + head * a_.q.head;
    const float* k = a_.key + batch * a_.k.batch + kv * a_.k.head;
    const float* v = a_.value + batch * a_.v.batch + kv * a_.v.head;
    float* out = a_.result + batch * a_.out.batch + head * a_.out.head;
    const int64_t rows = a_.keys > a_.queries ? a_.keys : a_.queries;
    for (int64_t r = 0; r < rows; ++r) {
      if (r < a_.queries) ask_for<0>(q + r * a_.q.row, n * a_.depth);
      if (r >= a_.keys) continue;
      ask_for<0>(k + r * a_.k.row, kv_n * a_.depth);
      ask_for<0>(v + r * a_.v.row, kv_n * a_.value_depth);
    }
    for (int64_t r = 0; r < a_.queries; ++r) ask_for<1>(out + r * a_.out.row, n * a_.value_depth);
  }

 private:
  static constexpr int64_t kBytes = 512 << 10;  // of L2, for all operands of the heads
  static constexpr int64_t kLine = 16;          // floats of a cache line

  // 0 or 1: nothing to gain.
  static int64_t heads_at_once(const AttentionArgs& a) {
    const auto side_by_side = [](const HeadStrides& s, int64_t depth) {
      return s.head == depth && s.row > depth;
    };
    if (!side_by_side(a.q, a.depth) || !side_by_side(a.k, a.depth) ||
        !side_by_side(a.v, a.value_depth) || !side_by_side(a.out, a.value_depth))
      return 0;
    const int64_t floats = (a.queries + a.keys) * (a.depth + a.value_depth);
    return floats > 0 ? kBytes / 4 / floats : 0;
  }

  template <int kWrite>
  static void ask_for(const float* row, int64_t floats) {
    for (int64_t i = 0; i < floats; i += kLine) __builtin_prefetch(row + i, kWrite, 2);
  }

  const AttentionArgs& a_;
  const int64_t heads_;
  int64_t batch_ = -1, end_ = 0;  // asked for
};

}  // namespace
}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
