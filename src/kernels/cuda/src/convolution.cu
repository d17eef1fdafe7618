// SPDX-License-Identifier: Apache-2.0
// Direct convolution and transposed convolution for everything that libraries refuse: any strides
// of the operands, groups, dilation, 1 to 3 spatial dims (brought to 3), every activation. A thread
// computes one output position of KT output channels of one group, so each input element it loads
// is used KT times. Neighbouring threads are neighbouring positions (weights are then the same for
// a warp) or, for single channels in channels-last layout, neighbouring channels. 2 flops per tap,
// input channel and output; no reuse across threads but through the caches. Grid: 256 threads a
// block, one item a thread, more where the grid would grow too large. Needs
// -DT=<element type> and -DTRANSPOSED=<true or false>.
#include "activations.cuh"
#include "common.cuh"

typedef ComputeOf<T>::type A;

// Not inlined: the code of all of them is large.
static __device__ __noinline__ A activated(i32 kind, A x, A alpha, A beta) {
  return activate(kind, x, alpha, beta);
}

struct ConvolutionParams {
  const T *x, *w, *bias, *residual;  // bias and residual may be null
  T* y;
  f64 alpha, beta;
  i64 items;                         // batch * tiles * output positions
  i64 tiles, group_tiles;            // tiles of KT output channels: of all groups, of one
  i64 channels, kernels;             // input and output channels of one group
  i64 w_group, w_kernel, w_channel;  // strides of the weights
  i64 w_window[3];
  i64 x_strides[5], y_strides[5], residual_strides[5];
  i64 in[3], out[3], window[3], stride[3], pad[3], dilation[3];
  i32 activation, channel_fastest;
};

/// rest % size; rest becomes the quotient. 64-bit divisions are several times slower.
DEVICE i64 split(i64& rest, i64 size) {
  if (((rest | size) >> 31) == 0) {
    const u32 r = (u32)rest, s = (u32)size;
    rest = r / s;
    return r % s;
  }
  const i64 remainder = rest % size;
  rest /= size;
  return remainder;
}

/// The input position that window position k of output position o reads along dim d, if any.
template <bool kTransposed>
DEVICE bool source(const ConvolutionParams& p, int d, i64 o, i64 k, i64& s) {
  if (kTransposed) {
    const i64 spread = o + p.pad[d] - k * p.dilation[d];
    s = spread / p.stride[d];
    return spread >= 0 && s * p.stride[d] == spread && s < p.in[d];
  }
  s = o * p.stride[d] - p.pad[d] + k * p.dilation[d];
  return s >= 0 && s < p.in[d];
}

/// One item: where it is, and its sums.
template <int KT, bool kTransposed>
struct Item {
  const ConvolutionParams& p;
  i64 n, group, tile, o[3];
  int count;      // channels of the tile that exist
  i64 w_row[KT];  // of each channel of the tile; the first again where there is none
  A sum[KT];

  DEVICE Item locate(const ConvolutionParams& p, i64 item) {
    Item t{p};
    i64 rest = item;
    if (p.channel_fastest) t.tile = split(rest, p.tiles);
    for (int d = 2; d >= 0; --d) t.o[d] = split(rest, p.out[d]);
    if (!p.channel_fastest) t.tile = split(rest, p.tiles);
    t.n = rest;
    t.group = t.tile / p.group_tiles;
    t.tile -= t.group * p.group_tiles;
    const i64 left = p.kernels - t.tile * KT;
    t.count = left < KT ? (int)left : KT;
#pragma unroll
    for (int j = 0; j < KT; ++j) {
      t.w_row[j] = t.group * p.w_group + (t.tile * KT + (j < t.count ? j : 0)) * p.w_kernel;
      t.sum[j] = 0;
    }
    return t;
  }

  __device__ __forceinline__ void add_tap(const T* x, const T* w) {
#pragma unroll 4
    for (i64 c = 0; c < p.channels; ++c) {
      const A value = widen(x[c * p.x_strides[1]]);
#pragma unroll
      for (int j = 0; j < KT; ++j) sum[j] += value * widen(w[w_row[j] + c * p.w_channel]);
    }
  }

  __device__ __forceinline__ void add_window() {
    const T* x = p.x + n * p.x_strides[0] + group * p.channels * p.x_strides[1];
    for (i64 kd = 0; kd < p.window[0]; ++kd) {
      i64 sd, sh, sw;
      if (!source<kTransposed>(p, 0, o[0], kd, sd)) continue;
      for (i64 kh = 0; kh < p.window[1]; ++kh) {
        if (!source<kTransposed>(p, 1, o[1], kh, sh)) continue;
        for (i64 kw = 0; kw < p.window[2]; ++kw) {
          if (!source<kTransposed>(p, 2, o[2], kw, sw)) continue;
          add_tap(x + sd * p.x_strides[2] + sh * p.x_strides[3] + sw * p.x_strides[4],
                  p.w + kd * p.w_window[0] + kh * p.w_window[1] + kw * p.w_window[2]);
        }
      }
    }
  }

  __device__ __forceinline__ i64 at(const i64* strides, i64 k) const {
    return n * strides[0] + k * strides[1] + o[0] * strides[2] + o[1] * strides[3] +
           o[2] * strides[4];
  }

  __device__ __forceinline__ void finish() const {
    const i64 first = group * p.kernels + tile * KT;
#pragma unroll
    for (int j = 0; j < KT; ++j) {
      if (j >= count) continue;
      A v = sum[j];
      if (p.bias) v += widen(p.bias[first + j]);
      if (p.residual) v += widen(p.residual[at(p.residual_strides, first + j)]);
      p.y[at(p.y_strides, first + j)] = to<T>(activated(p.activation, v, (A)p.alpha, (A)p.beta));
    }
  }
};

template <int KT, bool kTransposed>
DEVICE void convolve(const ConvolutionParams& p) {
  const i64 step = (i64)gridDim.x * blockDim.x;
  for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < p.items; i += step) {
    auto item = Item<KT, kTransposed>::locate(p, i);
    item.add_window();
    item.finish();
  }
}

KERNEL __launch_bounds__(256) tiles_of_1(const __grid_constant__ ConvolutionParams p) {
  convolve<1, TRANSPOSED>(p);
}
KERNEL __launch_bounds__(256) tiles_of_4(const __grid_constant__ ConvolutionParams p) {
  convolve<4, TRANSPOSED>(p);
}
