// SPDX-License-Identifier: Apache-2.0
// prepare_image: cast, layout and zero channels in one pass. -DT_IN, -DT_OUT: f32 f16 bf16.
//
// pixels4, pixels8: planes to pixels of 4 or 8 channels. A thread reads up to 4 channels of up to 4
// pixels that lie a block apart, so that the lanes of a warp read along a plane, and writes whole
// pixels in vectors of up to 16 bytes. C * sizeof(T_IN) + OC * sizeof(T_OUT) bytes a pixel.
// Grid: images * ceil(pixels / (256 * per_thread)) blocks of 256.
//
// elements: any layout, one output element a thread; without an input it writes zeros.
#include "common.cuh"
#include "strided.cuh"

struct PixelParams {
  const T_IN* in;
  T_OUT* out;
  i64 pixels;  // of one image
  i32 channels;
  u32 blocks_per_image, per_thread;
  i32 aligned;  // `out` is, for vectors
};

template <int OC>
DEVICE void write_pixel(T_OUT* out, const f32 (&x)[4], bool aligned) {
  constexpr int W = OC * sizeof(T_OUT) <= 16 ? OC : 16 / sizeof(T_OUT);
#pragma unroll
  for (int c = 0; c < OC; c += W) {
    Vec<T_OUT, W> v;
#pragma unroll
    for (int j = 0; j < W; ++j) v.at[j] = to<T_OUT>(c + j < 4 ? x[(c + j) & 3] : 0.f);
    if (aligned) {
      store<W>(out + c, v);
    } else {
#pragma unroll
      for (int j = 0; j < W; ++j) out[c + j] = v.at[j];
    }
  }
}

template <int OC>
DEVICE void pixels(const PixelParams& p) {
  const u32 image = blockIdx.x / p.blocks_per_image;
  const u32 block = blockIdx.x - image * p.blocks_per_image;
  const T_IN* in = p.in + (i64)image * p.channels * p.pixels;
  T_OUT* out = p.out + (i64)image * p.pixels * OC;
  const i64 first = (i64)block * blockDim.x * p.per_thread + threadIdx.x;
  f32 x[4][4];
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const i64 pixel = first + u * (i64)blockDim.x;
    const bool live = u < p.per_thread && pixel < p.pixels;
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      x[u][c] = live && c < p.channels ? to<f32>(in[c * p.pixels + pixel]) : 0.f;
    }
  }
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const i64 pixel = first + u * (i64)blockDim.x;
    if (u < p.per_thread && pixel < p.pixels) write_pixel<OC>(out + pixel * OC, x[u], p.aligned);
  }
}

KERNEL __launch_bounds__(256) pixels4(const __grid_constant__ PixelParams p) { pixels<4>(p); }
KERNEL __launch_bounds__(256) pixels8(const __grid_constant__ PixelParams p) { pixels<8>(p); }

struct ElementParams {
  T_OUT* out;
  const T_IN* in;            // null: zeros
  i64 strides[2][kMaxRank];  // of `out` and `in`
  Divider dims[kMaxRank];
  u32 items;
  i32 rank;
};

KERNEL __launch_bounds__(256) elements(const __grid_constant__ ElementParams p) {
  const u32 item = blockIdx.x * blockDim.x + threadIdx.x;
  if (item >= p.items) return;
  i64 at[2];
  locate(item, p.rank, p.dims, at, [&p](int k, int d) { return p.strides[k][d]; });
  p.out[at[0]] = to<T_OUT>(p.in ? to<f32>(p.in[at[1]]) : 0.f);
}
