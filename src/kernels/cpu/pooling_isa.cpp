// SPDX-License-Identifier: Apache-2.0
// 2-D pooling, one instruction set per compilation. Channels last: a window is folded for four
// vectors of channels at a time. Plain: the rows of a window are folded first (along W, whole
// vectors) into a padded row, then its columns, with stride 1 and 2 as vectors.
#include "kernels/cpu/isa.h"
#include "kernels/cpu/pool.h"
#include "kernels/cpu/vec.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

struct MaxFold {
  static constexpr bool kAverage = false;
  static constexpr float kUnit = -__builtin_inff();
  static TENON_INLINE vf join(vf v, vf acc) { return max(v, acc); }
  static TENON_INLINE float join1(float v, float acc) { return v > acc || v != v ? v : acc; }
};
/// relu of the maximum: the maximum with 0.
struct MaxReluFold : MaxFold {
  static constexpr float kUnit = 0.0f;
};
struct SumFold {
  static constexpr bool kAverage = true;
  static constexpr float kUnit = 0.0f;
  static TENON_INLINE vf join(vf v, vf acc) { return v + acc; }
  static TENON_INLINE float join1(float v, float acc) { return v + acc; }
};

float factor_of(const PoolTaps& h, const PoolTaps& w) {
  const float d = h.divisor * w.divisor;
  return d == 0.0f ? 1.0f : 1.0f / d;
}

// ---- channels last

template <typename Fold, int kJ>
TENON_INLINE void window_strip(const PoolArgs& a, const PoolTaps& h, const PoolTaps& w,
                               const float* x, float* out, int64_t last) {
  auto lanes = [&](int j) { return j == kJ - 1 ? last : kW; };
  vf acc[kJ];
  for (int j = 0; j < kJ; ++j) acc[j] = splat(Fold::kUnit);
  for (int32_t i = 0; i < h.count; ++i) {
    for (int32_t k = 0; k < w.count; ++k) {
      const float* p =
          x + ((h.begin + i * a.step_h) * a.in_w + w.begin + k * a.step_w) * a.channels;
      for (int j = 0; j < kJ; ++j) {
        const vf v = lanes(j) == kW ? load(p + j * kW) : load_part(p + j * kW, lanes(j));
        acc[j] = Fold::join(v, acc[j]);
      }
    }
  }
  const float f = factor_of(h, w);
  for (int j = 0; j < kJ; ++j) {
    const vf v = Fold::kAverage ? acc[j] * f : acc[j];
    lanes(j) == kW ? store(out + j * kW, v) : store_part(out + j * kW, v, lanes(j));
  }
}

template <typename Fold>
void channels_last_rows(const PoolArgs& a, int64_t begin, int64_t end) {
  for (int64_t unit = begin; unit < end; ++unit) {
    const PoolTaps& h = a.taps_h[unit % a.out_h];
    const float* x = a.x + unit / a.out_h * a.in_h * a.in_w * a.channels;
    float* out = a.out + unit * a.out_w * a.channels;
    for (int64_t ow = 0; ow < a.out_w; ++ow, out += a.channels) {
      int64_t c = 0;
      for (; c + 4 * kW <= a.channels; c += 4 * kW) {
        window_strip<Fold, 4>(a, h, a.taps_w[ow], x + c, out + c, kW);
      }
      for (; c < a.channels; c += kW) {
        window_strip<Fold, 1>(a, h, a.taps_w[ow], x + c, out + c,
                              a.channels - c < kW ? a.channels - c : kW);
      }
    }
  }
}

void channels_last(PoolFold fold, const PoolArgs& a, int64_t begin, int64_t end) {
  switch (fold) {
    case PoolFold::kMax:
      return channels_last_rows<MaxFold>(a, begin, end);
    case PoolFold::kMaxRelu:
      return channels_last_rows<MaxReluFold>(a, begin, end);
    case PoolFold::kAverage:
      return channels_last_rows<SumFold>(a, begin, end);
  }
}

// ---- plain

/// Every other of the 2 * kW floats at p.
TENON_INLINE vf load_even(const float* p) {
  vi pick;
  for (int l = 0; l < kW; ++l) pick[l] = 2 * l;
  return __builtin_shuffle(load(p), load(p + kW), pick);
}

template <typename Fold>
TENON_INLINE void fold_window_rows(const PoolArgs& a, const PoolTaps& h, const float* plane,
                                   float* row) {
  const float* x = plane + h.begin * a.in_w;
  for (int64_t w = 0; w < a.in_w; w += kW) {
    const int64_t n = a.in_w - w < kW ? a.in_w - w : kW;
    vf acc = splat(Fold::kUnit);
    for (int32_t i = 0; i < h.count; ++i) {
      const float* p = x + i * a.step_h * a.in_w + w;
      acc = Fold::join(n == kW ? load(p) : load_part(p, n), acc);
    }
    n == kW ? store(row + w, acc) : store_part(row + w, acc, n);
  }
}

// `row` starts at padded position 0; what lies beyond padded_w may be read but not used.
template <typename Fold>
TENON_INLINE void fold_regular_columns(const PoolArgs& a, const float* row, float* out) {
  int64_t ow = 0;
  if (a.stride_w <= 2) {
    for (; ow < a.out_w; ow += kW) {
      vf acc = splat(Fold::kUnit);
      for (int64_t k = 0; k < a.window_w; ++k) {
        const float* p = row + ow * a.stride_w + k * a.step_w;
        acc = Fold::join(a.stride_w == 1 ? load(p) : load_even(p), acc);
      }
      const int64_t n = a.out_w - ow;
      n >= kW ? store(out + ow, acc) : store_part(out + ow, acc, n);
    }
    return;
  }
  for (; ow < a.out_w; ++ow) {
    float acc = Fold::kUnit;
    for (int64_t k = 0; k < a.window_w; ++k) {
      acc = Fold::join1(row[ow * a.stride_w + k * a.step_w], acc);
    }
    out[ow] = acc;
  }
}

template <typename Fold>
void plain_rows(const PoolArgs& a, int64_t begin, int64_t end) {
  // Room for whole vectors of a stride-2 load past the last output.
  alignas(64) float row[kPoolRow + 4 * kW];
  for (int64_t i = 0; i < a.padded_w + 4 * kW && i < kPoolRow + 4 * kW; ++i) row[i] = Fold::kUnit;
  for (int64_t unit = begin; unit < end; ++unit) {
    const PoolTaps& h = a.taps_h[unit % a.out_h];
    const float* plane = a.x + unit / a.out_h * a.in_h * a.in_w;
    float* out = a.out + unit * a.out_w;
    fold_window_rows<Fold>(a, h, plane, row + a.pad_w);
    if (a.stride_w > 0) {
      fold_regular_columns<Fold>(a, row, out);
    } else {
      for (int64_t ow = 0; ow < a.out_w; ++ow) {
        const PoolTaps& w = a.taps_w[ow];
        float acc = Fold::kUnit;
        for (int32_t k = 0; k < w.count; ++k) acc = Fold::join1(row[w.begin + k * a.step_w], acc);
        out[ow] = acc;
      }
    }
    if constexpr (Fold::kAverage) {
      for (int64_t ow = 0; ow < a.out_w; ++ow) out[ow] *= factor_of(h, a.taps_w[ow]);
    }
  }
}

void plain(PoolFold fold, const PoolArgs& a, int64_t begin, int64_t end) {
  switch (fold) {
    case PoolFold::kMax:
      return plain_rows<MaxFold>(a, begin, end);
    case PoolFold::kMaxRelu:
      return plain_rows<MaxReluFold>(a, begin, end);
    case PoolFold::kAverage:
      return plain_rows<SumFold>(a, begin, end);
  }
}

constexpr PoolFns kFns{&plain, &channels_last};

}  // namespace

const PoolFns& pool_fns() { return kFns; }

}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
