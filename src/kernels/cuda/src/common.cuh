// SPDX-License-Identifier: Apache-2.0
// What all device sources share: integer names, element types, conversions, vector accesses and
// warp reductions. No CUDA header is needed (nor wanted: cuda_fp16.h doubles the compile time).
// half and bf16 are held as 16-bit patterns and converted by the instructions of the chip.
#pragma once

typedef signed char i8;
typedef unsigned char u8;
typedef unsigned short u16;
typedef int i32;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;
typedef float f32;
typedef double f64;
typedef bool b8;

struct f16 {
  u16 bits;
};
struct bf16 {
  u16 bits;
};

#define KERNEL extern "C" __global__ void
#define DEVICE static __device__ __forceinline__
#define INFINITY_F __int_as_float(0x7f800000)
#define NAN_F __int_as_float(0x7fffffff)

// ---- conversions: to<T>(x) rounds to nearest even; float -> int truncates; -> b8 is != 0

DEVICE f32 half_to_float(u16 h) {
  f32 f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
  return f;
}
DEVICE u16 float_to_half(f32 f) {
  u16 h;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f));
  return h;
}
DEVICE f32 bfloat_to_float(u16 b) { return __uint_as_float((u32)b << 16); }
DEVICE u16 float_to_bfloat(f32 f) {
  u16 b;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(b) : "f"(f));
  return b;
}

/// The type that arithmetic on T is done in: f32 for the half types, T itself otherwise.
template <typename T>
struct ComputeOf {
  typedef T type;
};
template <>
struct ComputeOf<f16> {
  typedef f32 type;
};
template <>
struct ComputeOf<bf16> {
  typedef f32 type;
};

DEVICE f32 widen(f16 x) { return half_to_float(x.bits); }
DEVICE f32 widen(bf16 x) { return bfloat_to_float(x.bits); }
template <typename T>
DEVICE T widen(T x) {
  return x;
}

template <typename T>
struct To {
  template <typename S>
  DEVICE T from(S x) {
    return (T)x;
  }
};
template <>
struct To<f16> {
  template <typename S>
  DEVICE f16 from(S x) {
    return f16{float_to_half((f32)x)};
  }
};
template <>
struct To<bf16> {
  template <typename S>
  DEVICE bf16 from(S x) {
    return bf16{float_to_bfloat((f32)x)};
  }
};
template <>
struct To<b8> {
  template <typename S>
  DEVICE b8 from(S x) {
    return x != (S)0;
  }
};
/// x as T, whatever both are: to<f16>(widen(h) * 2.f).
template <typename T, typename S>
DEVICE T to(S x) {
  return To<T>::from(widen(x));
}

// ---- vector accesses: N elements at once, aligned to N * sizeof(T) bytes (16 at most)

template <typename T, int N>
struct alignas(sizeof(T) * N) Vec {
  T at[N];
};
template <int N, typename T>
DEVICE Vec<T, N> load(const T* p) {
  return *(const Vec<T, N>*)p;
}
template <int N, typename T>
DEVICE void store(T* p, const Vec<T, N>& v) {
  *(Vec<T, N>*)p = v;
}

// ---- reductions over a warp

DEVICE f32 warp_sum(f32 x) {
  for (int d = 16; d > 0; d >>= 1) x += __shfl_xor_sync(0xffffffffu, x, d);
  return x;
}
DEVICE f32 warp_max(f32 x) {
  for (int d = 16; d > 0; d >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, d));
  return x;
}
