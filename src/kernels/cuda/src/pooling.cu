// SPDX-License-Identifier: Apache-2.0
// pooling and adaptive_pooling of [N, C, spatial...], brought to three spatial dims. A thread makes
// one output (plain) or V channels of one (channels last; V fills 16 bytes), in the output's memory
// order. Windows of up to 3 x 3 have all their loads under way at once. Every input element is read
// window / stride times, all but the first from L1 or L2; NaN wins a maximum.
#include "common.cuh"
#include "rows.cuh"

struct Axis {
  i32 in, out, kernel, stride, pre, post, dilation, adaptive;
};

struct Pool {
  const T* x;
  T* y;
  i64 threads;
  i32 channels, last;  // of a pixel (channels last) or 1
  i32 max, exclude_padding, small;  // small: no window is larger than 1 x 3 x 3
  Axis axes[3];
};

/// Input positions of one output position along one dim: count of them, all inside, from begin on.
struct Range {
  int begin, count, divisor;
};

/// How many of kernel positions start, start + dilation, ... lie below `limit`.
DEVICE int below(const Axis& a, int start, int limit) {
  const int n = limit > start ? (limit - start + a.dilation - 1) / a.dilation : 0;
  return n < a.kernel ? n : a.kernel;
}
DEVICE Range range_of(const Axis& a, int o, bool exclude_padding) {
  if (a.adaptive) {
    const int begin = (int)((i64)o * a.in / a.out);
    const int end = (int)(((i64)(o + 1) * a.in + a.out - 1) / a.out);
    return {begin, end - begin, end - begin};
  }
  const int start = o * a.stride - a.pre;
  const int skipped = start < 0 ? (a.dilation - 1 - start) / a.dilation : 0;
  const int count = max(below(a, start, a.in) - skipped, 0);
  return {start + skipped * a.dilation, count,
          exclude_padding ? count : below(a, start, a.in + a.post)};
}

template <int V>
DEVICE void take_in(f32 (&acc)[V], const Vec<T, V>& v, bool maximum) {
#pragma unroll
  for (int j = 0; j < V; ++j) {
    const f32 x = widen(v.at[j]);
    acc[j] = maximum ? max_nan(acc[j], x) : acc[j] + x;
  }
}

/// Up to 3 x 3 positions of one plane.
template <int V>
DEVICE void small_window(f32 (&acc)[V], const Pool& p, const T* x, const Range& h, const Range& w) {
  Vec<T, V> v[3][3];
#pragma unroll
  for (int i = 0; i < 3; ++i) {
#pragma unroll
    for (int j = 0; j < 3; ++j) {
      const i64 row = (i64)(h.begin + i * p.axes[1].dilation) * p.axes[2].in;
      const i64 at = (row + w.begin + j * p.axes[2].dilation) * p.channels;
      if (i < h.count && j < w.count) v[i][j] = load<V>(x + at);
    }
  }
#pragma unroll
  for (int i = 0; i < 3; ++i) {
#pragma unroll
    for (int j = 0; j < 3; ++j)
      if (i < h.count && j < w.count) take_in<V>(acc, v[i][j], p.max);
  }
}

template <int V>
DEVICE void any_window(f32 (&acc)[V], const Pool& p, const T* x, const Range& d, const Range& h,
                       const Range& w) {
  const Axis* const a = p.axes;
  for (int i = 0; i < d.count; ++i) {
    for (int j = 0; j < h.count; ++j) {
      const i64 plane = (i64)(d.begin + i * a[0].dilation) * a[1].in;
      const i64 row = (plane + h.begin + j * a[1].dilation) * a[2].in + w.begin;
#pragma unroll 4
      for (int k = 0; k < w.count; ++k)
        take_in<V>(acc, load<V>(x + (row + (i64)k * a[2].dilation) * p.channels), p.max);
    }
  }
}

/// Takes the innermost coordinate off a position.
DEVICE int next(i64& position, i32 size) {
  const i64 rest = position / size;
  const int at = (int)(position - rest * size);
  position = rest;
  return at;
}

template <int V>
DEVICE void pool(const Pool& p) {
  const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= p.threads) return;
  i64 left = thread;
  const int channel = next(left, p.channels / V) * V;
  const int ow = next(left, p.axes[2].out), oh = next(left, p.axes[1].out);
  const int od = next(left, p.axes[0].out);
  const bool exclude = p.exclude_padding;
  const Range w = range_of(p.axes[2], ow, exclude), h = range_of(p.axes[1], oh, exclude);
  const Range d = range_of(p.axes[0], od, exclude);
  // What is left is the plane, or the image where the channels are innermost.
  const i64 pixels = (i64)p.axes[0].in * p.axes[1].in * p.axes[2].in;
  const T* const x = p.x + left * pixels * p.channels + channel;
  f32 acc[V];
#pragma unroll
  for (int j = 0; j < V; ++j) acc[j] = p.max ? -INFINITY_F : 0.f;
  if (p.small)
    small_window<V>(acc, p, x, h, w);
  else
    any_window<V>(acc, p, x, d, h, w);
  const f32 divisor = (f32)d.divisor * (f32)h.divisor * (f32)w.divisor;
  const f32 factor = p.max || divisor == 0 ? 1.f : 1.f / divisor;
  Vec<T, V> y;
#pragma unroll
  for (int j = 0; j < V; ++j) y.at[j] = to<T>(acc[j] * factor);
  store(p.y + thread * V, y);
}

KERNEL __launch_bounds__(128, 6) pool_v(const __grid_constant__ Pool p) { pool<VEC>(p); }
KERNEL __launch_bounds__(128) pool_s(const __grid_constant__ Pool p) { pool<1>(p); }
