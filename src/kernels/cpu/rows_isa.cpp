// SPDX-License-Identifier: Apache-2.0
// Normalisation, softmax and reductions of rows and columns, one instruction set per compilation.
// Rows: a few passes over one row, which stays in L1. Columns: four vectors of columns at a time
// down the axis, so nothing is reduced across lanes.
#include "kernels/cpu/isa.h"
#include "kernels/cpu/rows.h"
#include "kernels/cpu/vec_math.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

// f(i, n): n == kW for whole vectors, less for the last part.
template <typename F>
TENON_INLINE void for_vectors(int64_t n, F&& f) {
  int64_t i = 0;
  for (; i + kW <= n; i += kW) f(i, kW);
  if (i < n) f(i, n - i);
}
TENON_INLINE vf load_n(const float* p, int64_t n) { return n == kW ? load(p) : load_part(p, n); }
TENON_INLINE void store_n(float* p, vf v, int64_t n) {
  n == kW ? store(p, v) : store_part(p, v, n);
}
/// The first n lanes of v, the others of rest.
TENON_INLINE vf first_lanes(vf v, int64_t n, vf rest) {
  vi lane;
  for (int i = 0; i < kW; ++i) lane[i] = i;
  return lane < static_cast<int32_t>(n) ? v : rest;
}

// ---- folds of a row: four independent accumulators

struct Add {
  static TENON_INLINE vf unit() { return vf{}; }
  static TENON_INLINE vf join(vf a, vf b) { return a + b; }
  static TENON_INLINE float across(vf v) { return sum_of(v); }
};
struct Larger {
  static TENON_INLINE vf unit() { return splat(-__builtin_inff()); }
  static TENON_INLINE vf join(vf a, vf b) { return max(a, b); }
  static TENON_INLINE float across(vf v) { return max_of(v); }
};
struct Smaller {
  static TENON_INLINE vf unit() { return splat(__builtin_inff()); }
  static TENON_INLINE vf join(vf a, vf b) { return min(a, b); }
  static TENON_INLINE float across(vf v) { return min_of(v); }
};
struct Multiply {
  static TENON_INLINE vf unit() { return splat(1.0f); }
  static TENON_INLINE vf join(vf a, vf b) { return a * b; }
  static TENON_INLINE float across(vf v) {
    float p = 1;
    for (int i = 0; i < kW; ++i) p *= v[i];
    return p;
  }
};

template <typename Op, typename F>
TENON_INLINE float fold(int64_t n, F&& value) {
  vf acc[4] = {Op::unit(), Op::unit(), Op::unit(), Op::unit()};
  int64_t i = 0;
  for (; i + 4 * kW <= n; i += 4 * kW) {
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) acc[j] = Op::join(value(i + j * kW, kW), acc[j]);
  }
  for (; i + kW <= n; i += kW) acc[0] = Op::join(value(i, kW), acc[0]);
  if (i < n) acc[1] = Op::join(first_lanes(value(i, n - i), n - i, Op::unit()), acc[1]);
  return Op::across(Op::join(Op::join(acc[0], acc[1]), Op::join(acc[2], acc[3])));
}

// ---- normalisation

void normalize_row(const NormArgs& a, const float* x, const float* residual, float* out) {
  const int64_t n = a.size;
  const float* src = x;
  if (residual) {
    for_vectors(n, [&](int64_t i, int64_t m) {
      store_n(out + i, load_n(x + i, m) + load_n(residual + i, m), m);
    });
    src = out;
  }
  float mean = 0;
  if (!a.rms) {
    mean = fold<Add>(n, [&](int64_t i, int64_t m) { return load_n(src + i, m); }) /
           static_cast<float>(n);
  }
  const float square = fold<Add>(n, [&](int64_t i, int64_t m) {
    const vf d = load_n(src + i, m) - mean;
    return d * d;
  });
  const float inverse = 1.0f / __builtin_sqrtf(square / static_cast<float>(n) + a.epsilon);
  for_vectors(n, [&](int64_t i, int64_t m) {
    vf v = (load_n(src + i, m) - mean) * inverse;
    if (a.scale) v = v * load_n(a.scale + i, m);
    if (a.bias) v = v + load_n(a.bias + i, m);
    store_n(out + i, v, m);
  });
}

void normalize(const NormArgs& a, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    normalize_row(a, a.x + r * a.size, a.residual ? a.residual + r * a.size : nullptr,
                  a.out + r * a.size);
  }
}

// ---- softmax

void softmax_row(const float* x, float* out, int64_t n, bool log_form) {
  const float top = fold<Larger>(n, [&](int64_t i, int64_t m) { return load_n(x + i, m); });
  if (log_form) {
    const float sum =
        fold<Add>(n, [&](int64_t i, int64_t m) { return exp(load_n(x + i, m) - top); });
    const float shift = log(splat(sum))[0];
    for_vectors(
        n, [&](int64_t i, int64_t m) { store_n(out + i, (load_n(x + i, m) - top) - shift, m); });
    return;
  }
  const float sum = fold<Add>(n, [&](int64_t i, int64_t m) {
    const vf e = exp(load_n(x + i, m) - top);
    store_n(out + i, e, m);
    return e;
  });
  const float factor = 1.0f / sum;
  for_vectors(n, [&](int64_t i, int64_t m) { store_n(out + i, load_n(out + i, m) * factor, m); });
}

void softmax_rows(const float* x, float* out, int64_t size, bool log_form, int64_t begin,
                  int64_t end) {
  for (int64_t r = begin; r < end; ++r) softmax_row(x + r * size, out + r * size, size, log_form);
}

// Columns, kJ vectors at a time; `last` lanes in the last vector.
template <int kJ>
TENON_INLINE void softmax_strip(const float* x, float* out, int64_t axis, int64_t columns,
                                bool log_form, int64_t last) {
  vf top[kJ], sum[kJ];
  for (int j = 0; j < kJ; ++j) top[j] = Larger::unit(), sum[j] = vf{};
  auto lanes = [&](int j) { return j == kJ - 1 ? last : kW; };
  for (int64_t r = 0; r < axis; ++r) {
    for (int j = 0; j < kJ; ++j) top[j] = max(load_n(x + r * columns + j * kW, lanes(j)), top[j]);
  }
  for (int64_t r = 0; r < axis; ++r) {
    for (int j = 0; j < kJ; ++j) {
      const vf e = exp(load_n(x + r * columns + j * kW, lanes(j)) - top[j]);
      sum[j] += e;
      if (!log_form) store_n(out + r * columns + j * kW, e, lanes(j));
    }
  }
  for (int j = 0; j < kJ; ++j) sum[j] = log_form ? log(sum[j]) : 1.0f / sum[j];
  for (int64_t r = 0; r < axis; ++r) {
    for (int j = 0; j < kJ; ++j) {
      const int64_t at = r * columns + j * kW;
      const vf v = log_form ? (load_n(x + at, lanes(j)) - top[j]) - sum[j]
                            : load_n(out + at, lanes(j)) * sum[j];
      store_n(out + at, v, lanes(j));
    }
  }
}

void softmax_columns(const float* x, float* out, int64_t axis, int64_t columns, bool log_form,
                     int64_t begin, int64_t end) {
  int64_t c = begin;
  for (; c + 4 * kW <= end; c += 4 * kW) {
    softmax_strip<4>(x + c, out + c, axis, columns, log_form, kW);
  }
  for (; c < end; c += kW) {
    softmax_strip<1>(x + c, out + c, axis, columns, log_form, end - c < kW ? end - c : kW);
  }
}

// ---- reductions

template <typename Op>
void reduce_rows_with(const float* x, float* out, int64_t size, float factor, int64_t begin,
                      int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    const float* row = x + r * size;
    out[r] = fold<Op>(size, [&](int64_t i, int64_t m) { return load_n(row + i, m); }) * factor;
  }
}

// Long sums go through partial ones of 128 terms, which keeps the rounding error small.
template <typename Op, int kJ>
TENON_INLINE void reduce_strip(const float* x, float* out, int64_t axis, int64_t columns,
                               float factor, int64_t last) {
  vf total[kJ];
  for (int j = 0; j < kJ; ++j) total[j] = Op::unit();
  auto lanes = [&](int j) { return j == kJ - 1 ? last : kW; };
  for (int64_t first = 0; first < axis; first += 128) {
    vf acc[kJ];
    for (int j = 0; j < kJ; ++j) acc[j] = Op::unit();
    const int64_t stop = axis - first < 128 ? axis : first + 128;
    for (int64_t r = first; r < stop; ++r) {
      for (int j = 0; j < kJ; ++j) {
        acc[j] = Op::join(load_n(x + r * columns + j * kW, lanes(j)), acc[j]);
      }
    }
    for (int j = 0; j < kJ; ++j) total[j] = Op::join(acc[j], total[j]);
  }
  for (int j = 0; j < kJ; ++j) store_n(out + j * kW, total[j] * factor, lanes(j));
}

template <typename Op>
void reduce_columns_with(const float* x, float* out, int64_t axis, int64_t columns, float factor,
                         int64_t begin, int64_t end) {
  int64_t c = begin;
  for (; c + 8 * kW <= end; c += 8 * kW) {
    reduce_strip<Op, 8>(x + c, out + c, axis, columns, factor, kW);
  }
  for (; c < end; c += kW) {
    reduce_strip<Op, 1>(x + c, out + c, axis, columns, factor, end - c < kW ? end - c : kW);
  }
}

void reduce_rows(ReduceOp op, const float* x, float* out, int64_t size, int64_t begin,
                 int64_t end) {
  const float factor = op == ReduceOp::kAvg ? 1.0f / static_cast<float>(size) : 1.0f;
  switch (op) {
    case ReduceOp::kSum:
    case ReduceOp::kAvg:
      return reduce_rows_with<Add>(x, out, size, factor, begin, end);
    case ReduceOp::kMax:
      return reduce_rows_with<Larger>(x, out, size, factor, begin, end);
    case ReduceOp::kMin:
      return reduce_rows_with<Smaller>(x, out, size, factor, begin, end);
    case ReduceOp::kProd:
      return reduce_rows_with<Multiply>(x, out, size, factor, begin, end);
  }
}

void reduce_columns(ReduceOp op, const float* x, float* out, int64_t axis, int64_t columns,
                    int64_t begin, int64_t end) {
  const float factor = op == ReduceOp::kAvg ? 1.0f / static_cast<float>(axis) : 1.0f;
  switch (op) {
    case ReduceOp::kSum:
    case ReduceOp::kAvg:
      return reduce_columns_with<Add>(x, out, axis, columns, factor, begin, end);
    case ReduceOp::kMax:
      return reduce_columns_with<Larger>(x, out, axis, columns, factor, begin, end);
    case ReduceOp::kMin:
      return reduce_columns_with<Smaller>(x, out, axis, columns, factor, begin, end);
    case ReduceOp::kProd:
      return reduce_columns_with<Multiply>(x, out, axis, columns, factor, begin, end);
  }
}

constexpr RowFns kFns{&normalize, &softmax_rows, &softmax_columns, &reduce_rows, &reduce_columns};

}  // namespace

const RowFns& row_fns() { return kFns; }

}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
