// SPDX-License-Identifier: Apache-2.0
// fill: one value repeated, 16 bytes a thread and step of the grid, the ends byte by byte.
// range_float, range_int: start + i * step in f64 or i64, an element a thread. One write per
// element; blocks of 256.
#include "common.cuh"

struct alignas(16) u128 {
  u64 low, high;
};

struct FillParams {
  char* to;
  u64 value[2];  // repeated over 16 bytes
  i64 bytes;
};

KERNEL __launch_bounds__(256) fill(const __grid_constant__ FillParams p) {
  // Up to the first multiple of 16 and after the last, bytes; a value is a whole fraction of 16
  // bytes, but the tensor may begin anywhere, so vectors hold the value turned by `head` bytes.
  const i64 step = (i64)gridDim.x * blockDim.x, thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  const char* bytes = (const char*)p.value;
  i64 head = (16 - ((u64)p.to & 15)) & 15;
  if (head > p.bytes) head = p.bytes;
  const i64 vectors = (p.bytes - head) / 16, tail = head + vectors * 16;
  u128 turned;
  for (int i = 0; i < 16; ++i) ((char*)&turned)[i] = bytes[(head + i) & 15];
  for (i64 i = thread; i < vectors; i += step) ((u128*)(p.to + head))[i] = turned;
  if (thread < head) p.to[thread] = bytes[thread & 15];
  if (thread < p.bytes - tail) p.to[tail + thread] = bytes[(tail + thread) & 15];
}

struct RangeParams {
  void* to;
  f64 start, step;
  i64 first, stride;  // the same as integers
  i64 size;
  i32 type, unused;  // f32 f16 bf16 f64 / i64 i32 i8 u8
};

DEVICE f32 single(f64 x) { return (f32)x; }

KERNEL __launch_bounds__(256) range_float(const __grid_constant__ RangeParams p) {
  const i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.size) return;
  const f64 x = __dadd_rn(p.start, __dmul_rn((f64)i, p.step));
  if (p.type == 0) ((f32*)p.to)[i] = single(x);
  if (p.type == 1) ((f16*)p.to)[i] = to<f16>(single(x));
  if (p.type == 2) ((bf16*)p.to)[i] = to<bf16>(single(x));
  if (p.type == 3) ((f64*)p.to)[i] = x;
}

KERNEL __launch_bounds__(256) range_int(const __grid_constant__ RangeParams p) {
  const i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.size) return;
  const i64 x = (i64)((u64)p.first + (u64)i * (u64)p.stride);
  if (p.type == 0) ((i64*)p.to)[i] = x;
  if (p.type == 1) ((i32*)p.to)[i] = (i32)x;
  if (p.type == 2) ((i8*)p.to)[i] = (i8)x;
  if (p.type == 3) ((u8*)p.to)[i] = (u8)x;
}
