// SPDX-License-Identifier: Apache-2.0
// Attention of blocks of queries, one instruction set per compilation.
// Scores are kept transposed, [key][query]: then the first product is (rows of K, read element by
// element) x (the block of Q, transposed once), the softmax runs down columns without any
// horizontal operation, and the exponentials are already what the second product broadcasts.
// Neither K nor P is ever packed; V is copied once per head if its rows are not contiguous or not
// whole vectors. Keys are taken kKeys at a time with a running maximum and sum (rescaling the
// result in between).
#include "kernels/cpu/attention.h"
#include "kernels/cpu/attention_fetch.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/transpose.h"
#include "kernels/cpu/vec_math.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

#if defined(__AVX512F__)
constexpr int kMaxVectors = 4;  // of queries in a block; 4 x 6 accumulators of 32 registers
#else
constexpr int kMaxVectors = 2;  // 2 x 6 accumulators of 16 registers
#endif
constexpr int kRows = 6;        // keys (first product) or queries (second) of a register tile
constexpr int64_t kKeys = 384;  // keys per pass

int64_t round_up(int64_t n, int64_t m) { return (n + m - 1) / m * m; }
int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

int64_t block_vectors(const AttentionArgs& a) {
  const int64_t most = kMaxVectors * kW;
  const int64_t blocks = (a.queries + most - 1) / most;
  const int64_t rows = (a.queries + blocks - 1) / (blocks > 0 ? blocks : 1);
  return rows > 0 ? (rows + kW - 1) / kW : 1;
}
int64_t block_rows(const AttentionArgs& a) { return block_vectors(a) * kW; }
int64_t count_blocks(const AttentionArgs& a) {
  return (a.queries + block_rows(a) - 1) / block_rows(a);
}
int64_t keys_per_pass(const AttentionArgs& a) { return least(a.keys, kKeys); }
bool copies_values(const AttentionArgs& a) {
  return a.value_depth % kW != 0 || a.v.row != a.value_depth;
}

// The parts of one thread's scratch.
struct Scratch {
  float* queries;  // [depth][rows], scaled
  float* scores;   // [keys of a pass][rows]
  float* result;   // [rows][value depth, padded]
  float* stats;    // maximum, sum, factor: [3][rows]
  float* mask;     // [kW][kW]
  float* values;   // [keys][value depth, padded], if copied
};

int64_t lay_out(const AttentionArgs& a, float* base, Scratch* s) {
  const int64_t rows = block_rows(a), padded = round_up(a.value_depth, kW);
  float* const start = base;
  auto take = [&](int64_t n) {
    float* p = base;
    base += round_up(n, 16);
    return p;
  };
  s->queries = take(a.depth * rows);
  s->scores = take(keys_per_pass(a) * rows);
  s->result = take(rows * padded);
  s->stats = take(3 * rows);
  s->mask = take(kW * kW);
  s->values = copies_values(a) ? take(a.keys * padded) : nullptr;
  return base - start;
}

int64_t scratch_floats(const AttentionArgs& a) {
  static float origin[1];  // only differences are used
  Scratch s;
  return lay_out(a, origin, &s);
}

// ---- first product: scores[r][query] = sum over depth of key[r][d] * queries[d][query]

template <int NV, int R>
void key_rows(const float* key, int64_t key_stride, const float* queries, int64_t depth,
              float* scores) {
  vf acc[R][NV];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) acc[r][v] = vf{};
  for (int64_t d = 0; d < depth; ++d) {
    vf q[NV];
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) q[v] = load(queries + d * NV * kW + v * kW);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const vf k = splat(key[r * key_stride + d]);
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) acc[r][v] = fma(k, q[v], acc[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) store(scores + (r * NV + v) * kW, acc[r][v]);
}

template <int NV, int R>
void some_key_rows(int64_t rows, const float* key, int64_t key_stride, const float* queries,
                   int64_t depth, float* scores) {
  if (rows == R) return key_rows<NV, R>(key, key_stride, queries, depth, scores);
  if constexpr (R > 1) some_key_rows<NV, R - 1>(rows, key, key_stride, queries, depth, scores);
}

// ---- second product: result[r][d] (+)= sum over keys of scores[key][r] * values[key][d]

template <int ND, int R>
void result_rows(const float* scores, int64_t score_stride, const float* values,
                 int64_t value_stride, int64_t keys, float* result, int64_t result_stride,
                 bool add) {
  vf acc[R][ND];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < ND; ++v) acc[r][v] = add ? load(result + r * result_stride + v * kW) : vf{};
  for (int64_t t = 0; t < keys; ++t) {
    vf x[ND];
#pragma GCC unroll 16
    for (int v = 0; v < ND; ++v) x[v] = load(values + t * value_stride + v * kW);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const vf p = splat(scores[t * score_stride + r]);
#pragma GCC unroll 16
      for (int v = 0; v < ND; ++v) acc[r][v] = fma(p, x[v], acc[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < ND; ++v) store(result + r * result_stride + v * kW, acc[r][v]);
}

template <int ND, int R>
void some_result_rows(int64_t rows, const float* scores, int64_t score_stride, const float* values,
                      int64_t value_stride, int64_t keys, float* result, int64_t result_stride,
                      bool add) {
  if (rows == R) {
    return result_rows<ND, R>(scores, score_stride, values, value_stride, keys, result,
                              result_stride, add);
  }
  if constexpr (R > 1) {
    some_result_rows<ND, R - 1>(rows, scores, score_stride, values, value_stride, keys, result,
                                result_stride, add);
  }
}

template <int ND>
void result_columns(int64_t rows, const float* scores, int64_t score_stride, const float* values,
                    int64_t value_stride, int64_t keys, float* result, int64_t result_stride,
                    bool add) {
  for (int64_t r = 0; r < rows; r += kRows) {
    some_result_rows<ND, kRows>(least(kRows, rows - r), scores + r, score_stride, values,
                                value_stride, keys, result + r * result_stride, result_stride, add);
  }
}

// One head's block of queries.
template <int NV>
class Block {
 public:
  Block(const AttentionArgs& a, const Scratch& s, int64_t batch, int64_t head, int64_t first)
      : a_(a),
        s_(s),
        batch_(batch),
        head_(head),
        first_(first),
        rows_(least(kMB, a.queries - first)),
        padded_(round_up(a.value_depth, kW)) {}

  void run(const float* values, int64_t value_stride) {
    pack_queries();
    // Under a causal mask later keys are not seen by any query of this block.
    const int64_t keys = a_.causal ? least(a_.keys, first_ + rows_) : a_.keys;
    for (int64_t t = 0; t < keys; t += kKeys) {
      const int64_t n = least(kKeys, keys - t);
      make_scores(t, n);
      if (a_.mask_kind != MaskKind::kNone) add_mask(t, n);
      if (a_.causal && t + n > first_ + 1) hide_later_keys(t, n);
      softmax(n, t == 0);
      multiply(values + t * value_stride, value_stride, n, t != 0);
    }
    write(keys > 0);
  }

 private:
  static constexpr int64_t kMB = NV * kW;

  void pack_queries() {
    const float* q = a_.query + batch_ * a_.q.batch + head_ * a_.q.head + first_ * a_.q.row;
    for (int64_t m = 0; m < kMB; m += kW) {
      for (int64_t d = 0; d < a_.depth; d += kW) {
        const int64_t cols = least(kW, a_.depth - d), rows = least(kW, rows_ - m);
        transpose_tile(q + m * a_.q.row + d, a_.q.row, s_.queries + d * kMB + m, kMB,
                       rows > 0 ? rows : 0, cols, a_.scale);
      }
    }
  }

  void make_scores(int64_t t, int64_t n) {
    const int64_t head = head_ / (a_.heads / a_.kv_heads);
    const float* k = a_.key + batch_ * a_.k.batch + head * a_.k.head + t * a_.k.row;
    for (int64_t i = 0; i < n; i += kRows) {
      some_key_rows<NV, kRows>(least(kRows, n - i), k + i * a_.k.row, a_.k.row, s_.queries,
                               a_.depth, s_.scores + i * kMB);
    }
  }

  float mask_at(int64_t i) const {
    if (a_.mask_kind == MaskKind::kFloat) return static_cast<const float*>(a_.mask_data)[i];
    return static_cast<const uint8_t*>(a_.mask_data)[i] ? 0.0f : -__builtin_inff();
  }

  void add_mask(int64_t t, int64_t n) {
    const int64_t base = batch_ * a_.mask.batch + head_ * a_.mask.head;
    if (a_.mask.row == 0) {
      for (int64_t i = 0; i < n; ++i) {
        const float m = mask_at(base + (t + i) * a_.mask_key);
        for (int v = 0; v < NV; ++v) {
          float* s = s_.scores + i * kMB + v * kW;
          store(s, load(s) + m);
        }
      }
      return;
    }
    for (int64_t i = 0; i < n; i += kW) {
      for (int64_t m = 0; m < rows_; m += kW) {
        add_mask_square(base + (first_ + m) * a_.mask.row + (t + i) * a_.mask_key,
                        least(kW, rows_ - m), least(kW, n - i), s_.scores + i * kMB + m);
      }
    }
  }

  // `rows` queries by `keys` keys of a mask that differs between queries.
  void add_mask_square(int64_t at, int64_t rows, int64_t keys, float* scores) {
    float* square = s_.mask;
    if (a_.mask_kind == MaskKind::kFloat && a_.mask_key == 1) {
      transpose_tile(static_cast<const float*>(a_.mask_data) + at, a_.mask.row, square, kW, rows,
                     keys, 1.0f);
    } else {
      for (int64_t r = 0; r < kW; ++r) {
        for (int64_t k = 0; k < keys; ++k) {
          square[k * kW + r] = r < rows ? mask_at(at + r * a_.mask.row + k * a_.mask_key) : 0.0f;
        }
      }
    }
    for (int64_t k = 0; k < keys; ++k) {
      store(scores + k * kMB, load(scores + k * kMB) + load(square + k * kW));
    }
  }

  void hide_later_keys(int64_t t, int64_t n) {
    vi lane;
    for (int i = 0; i < kW; ++i) lane[i] = i;
    const int64_t from = first_ > t ? first_ - t : 0;
    for (int64_t i = from; i < n; ++i) {
      const int32_t key = static_cast<int32_t>(t + i - first_);
      for (int v = 0; v < NV; ++v) {
        float* s = s_.scores + i * kMB + v * kW;
        store(s, lane + v * kW < key ? splat(-__builtin_inff()) : load(s));
      }
    }
  }

  void softmax(int64_t n, bool first) {
    const vf low = splat(-__builtin_inff());
    vf top[NV], sum[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) {
      top[v] = first ? low : load(s_.stats + v * kW);
      sum[v] = vf{};
    }
    for (int64_t i = 0; i < n; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) top[v] = fast_max(load(s_.scores + i * kMB + v * kW), top[v]);
    }
    vf shift[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) shift[v] = top[v] == low ? vf{} : top[v];  // no key seen yet
    for (int64_t i = 0; i < n; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) {
        float* s = s_.scores + i * kMB + v * kW;
        const vf p = exp(load(s) - shift[v]);
        sum[v] += p;
        store(s, p);
      }
    }
    for (int v = 0; v < NV; ++v) {
      float *old_top = s_.stats + v * kW, *total = old_top + kMB, *factor = total + kMB;
      if (!first) {
        const vf f = exp(load(old_top) - shift[v]);
        sum[v] = fma(load(total), f, sum[v]);
        store(factor, f);
      }
      store(old_top, top[v]);
      store(total, sum[v]);
    }
    if (!first) rescale();
  }

  void rescale() {
    const float* factor = s_.stats + 2 * kMB;
    for (int64_t r = 0; r < rows_; ++r) {
      for (int64_t d = 0; d < padded_; d += kW) {
        float* o = s_.result + r * padded_ + d;
        store(o, load(o) * factor[r]);
      }
    }
  }

  void multiply(const float* values, int64_t stride, int64_t keys, bool add) {
    int64_t d = 0;
    for (; d + kMaxVectors * kW <= padded_; d += kMaxVectors * kW) {
      result_columns<kMaxVectors>(rows_, s_.scores, kMB, values + d, stride, keys, s_.result + d,
                                  padded_, add);
    }
    const int64_t rest = (padded_ - d) / kW;
    if constexpr (kMaxVectors > 2) {
      if (rest >= 2) {
        result_columns<2>(rows_, s_.scores, kMB, values + d, stride, keys, s_.result + d, padded_,
                          add);
        d += 2 * kW;
      }
    }
    if (d < padded_) {
      result_columns<1>(rows_, s_.scores, kMB, values + d, stride, keys, s_.result + d, padded_,
                        add);
    }
  }

  void write(bool any_keys) {
    const float* total = s_.stats + kMB;
    float* out = a_.result + batch_ * a_.out.batch + head_ * a_.out.head + first_ * a_.out.row;
    for (int64_t r = 0; r < rows_; ++r) {
      // A query that sees no key gets zeros.
      const float f = any_keys && total[r] != 0.0f ? 1.0f / total[r] : 0.0f;
      const float* from = s_.result + r * padded_;
      float* to = out + r * a_.out.row;
      int64_t d = 0;
      for (; d + kW <= a_.value_depth; d += kW) store(to + d, scaled(from + d, f));
      if (d < a_.value_depth) store_part(to + d, scaled(from + d, f), a_.value_depth - d);
    }
  }
  static vf scaled(const float* from, float f) { return f == 0.0f ? vf{} : load(from) * f; }

  const AttentionArgs& a_;
  const Scratch& s_;
  const int64_t batch_, head_, first_, rows_, padded_;
};

void copy_values(const AttentionArgs& a, int64_t batch, int64_t kv_head, float* to) {
  const int64_t padded = round_up(a.value_depth, kW);
  const float* v = a.value + batch * a.v.batch + kv_head * a.v.head;
  for (int64_t t = 0; t < a.keys; ++t) {
    int64_t d = 0;
    for (; d + kW <= a.value_depth; d += kW) store(to + t * padded + d, load(v + t * a.v.row + d));
    if (d < a.value_depth) {
      store(to + t * padded + d, load_part(v + t * a.v.row + d, a.value_depth - d));
    }
  }
}

template <int NV>
void run_blocks(const AttentionArgs& a, int64_t begin, int64_t end, float* scratch) {
  Scratch s;
  lay_out(a, scratch, &s);
  const int64_t blocks = count_blocks(a), group = a.heads / a.kv_heads;
  int64_t copied = -1;
  HeadFetch fetch(a);
  for (int64_t unit = begin; unit < end; ++unit) {
    const int64_t head = unit / blocks % a.heads, batch = unit / blocks / a.heads;
    fetch.begin(batch, head);
    const float* values = a.value + batch * a.v.batch + head / group * a.v.head;
    int64_t stride = a.v.row;
    if (s.values) {
      const int64_t which = batch * a.kv_heads + head / group;
      if (which != copied) copy_values(a, batch, head / group, s.values);
      copied = which;
      values = s.values;
      stride = round_up(a.value_depth, kW);
    }
    Block<NV>(a, s, batch, head, unit % blocks * NV * kW).run(values, stride);
  }
}

void run(const AttentionArgs& a, int64_t begin, int64_t end, float* scratch) {
  switch (block_vectors(a)) {
    case 1:
      return run_blocks<1>(a, begin, end, scratch);
    case 2:
      return run_blocks<2>(a, begin, end, scratch);
#if defined(__AVX512F__)
    case 3:
      return run_blocks<3>(a, begin, end, scratch);
    default:
      return run_blocks<4>(a, begin, end, scratch);
#else
    default:
      return;
#endif
  }
}

constexpr AttentionFns kFns{&count_blocks, &scratch_floats, &run};

}  // namespace

const AttentionFns& attention_fns() { return kFns; }

}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
