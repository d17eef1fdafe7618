// SPDX-License-Identifier: Apache-2.0
// resize: nearest, linear and cubic, as torch's interpolate defines them, over three spatial dims
// (missing ones have size 1). A thread makes one output (plain) or V channels of one (channels
// last), in the output's memory order. Nearest moves elements; the others weigh 2 or 4 positions a
// dim (1 along dims that are not resized) in f32. Positions are computed as the reference does: in
// f32 for nearest, which decides ties, else in f64. NEAREST (with any T of the elements' size)
// chooses what is compiled.
#include "common.cuh"
#include "rows.cuh"

struct Axis {
  f64 step;
  f32 nearest_step;
  i32 in, out;
  i32 taps;  // 1: the dim is not resized (position = output position)
};

struct Resize {
  const T* x;
  T* y;
  i64 threads;
  Axis axes[3];
  i32 channels;  // of a pixel (channels last) or 1
  i32 align_corners, cubic;
};

DEVICE int clamped(i64 i, int size) { return i < 0 ? 0 : i < size ? (int)i : size - 1; }

/// Takes the innermost coordinate off a position.
DEVICE int next(i64& position, i32 size) {
  const i64 rest = position / size;
  const int at = (int)(position - rest * size);
  position = rest;
  return at;
}

struct Place {
  i64 plane;  // the image, or the plane of it where the layout is plain
  int d, h, w, channel;
};
DEVICE Place place_of(const Resize& p, i64 thread, int v) {
  Place o;
  o.channel = next(thread, p.channels / v) * v;
  o.w = next(thread, p.axes[2].out);
  o.h = next(thread, p.axes[1].out);
  o.d = next(thread, p.axes[0].out);
  o.plane = thread;
  return o;
}
/// Where the input element [d][h][w] of a place's plane and channel lies.
DEVICE i64 input_at(const Resize& p, const Place& o, int d, int h, int w) {
  const i64 row = (o.plane * p.axes[0].in + d) * p.axes[1].in + h;
  return (row * p.axes[2].in + w) * p.channels + o.channel;
}

#ifdef NEAREST

DEVICE int nearest(const Axis& a, int o) {
  if (a.taps == 1) return o;
  return clamped((i64)floorf(__fmul_rn((f32)o, a.nearest_step)), a.in);
}

template <int V>
DEVICE void resize_nearest(const Resize& p) {
  const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= p.threads) return;
  const Place o = place_of(p, thread, V);
  const int d = nearest(p.axes[0], o.d), h = nearest(p.axes[1], o.h), w = nearest(p.axes[2], o.w);
  store(p.y + thread * V, load<V>(p.x + input_at(p, o, d, h, w)));
}

KERNEL __launch_bounds__(128) nearest_v(const __grid_constant__ Resize p) {
  resize_nearest<VEC>(p);
}
KERNEL __launch_bounds__(128) nearest_s(const __grid_constant__ Resize p) { resize_nearest<1>(p); }

#else

struct Taps {
  int at[4];
  f32 weight[4];
};

/// Keys' cubic convolution with A = -0.75.
DEVICE f64 cubic_weight(f64 distance) {
  const f64 a = -0.75, x = fabs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0.0;
}

DEVICE Taps taps_of(const Resize& p, const Axis& a, int o) {
  if (a.taps == 1) return {{o}, {1.f}};
  const f64 source = p.align_corners ? o * a.step : (o + 0.5) * a.step - 0.5;
  Taps t = {};
  if (p.cubic) {
    const f64 base = floor(source);
    for (int i = 0; i < 4; ++i) {
      t.at[i] = clamped((i64)base + i - 1, a.in);
      t.weight[i] = (f32)cubic_weight(source - base - (i - 1));
    }
    return t;
  }
  const f64 at = source > 0 ? source : 0.0;
  const int low = clamped((i64)at, a.in);
  const f64 weight = at - low < 1 ? at - low : 1.0;
  t.at[0] = low, t.at[1] = clamped(low + 1, a.in);
  t.weight[0] = (f32)(1 - weight), t.weight[1] = (f32)weight;
  return t;
}

template <int V>
DEVICE void resize_weighted(const Resize& p) {
  const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= p.threads) return;
  const Place o = place_of(p, thread, V);
  const Taps d = taps_of(p, p.axes[0], o.d), h = taps_of(p, p.axes[1], o.h);
  const Taps w = taps_of(p, p.axes[2], o.w);
  f32 sum[V] = {};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if (i >= p.axes[0].taps) break;
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      if (j >= p.axes[1].taps) break;
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        if (k >= p.axes[2].taps) break;
        const Vec<T, V> v = load<V>(p.x + input_at(p, o, d.at[i], h.at[j], w.at[k]));
        const f32 weight = d.weight[i] * h.weight[j] * w.weight[k];
#pragma unroll
        for (int c = 0; c < V; ++c) sum[c] += weight * (f32)widen(v.at[c]);
      }
    }
  }
  Vec<T, V> y;
#pragma unroll
  for (int c = 0; c < V; ++c) y.at[c] = to<T>(sum[c]);
  store(p.y + thread * V, y);
}

KERNEL __launch_bounds__(128) weighted_v(const __grid_constant__ Resize p) {
  resize_weighted<VEC>(p);
}
KERNEL __launch_bounds__(128) weighted_s(const __grid_constant__ Resize p) {
  resize_weighted<1>(p);
}

#endif
