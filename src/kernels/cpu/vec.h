// SPDX-License-Identifier: Apache-2.0
// Float vectors as wide as the instruction set this file is compiled for. Only *_isa.cpp files may
// include it: everything has internal linkage and no standard header is used, so no function
// compiled for one instruction set can be picked by the linker for another.
#pragma once

#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 takes the deliberately undefined vectors of its own intrinsics for a mistake.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

#if defined(__AVX512F__)
constexpr int kW = 16;
#elif defined(__AVX2__)
constexpr int kW = 8;
#else
constexpr int kW = 4;
#endif
#define TENON_INLINE inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(kW * 4)));
typedef int32_t vi __attribute__((vector_size(kW * 4)));
typedef float vf_unaligned __attribute__((vector_size(kW * 4), aligned(4), may_alias));

TENON_INLINE vf load(const float* p) { return *reinterpret_cast<const vf_unaligned*>(p); }
TENON_INLINE void store(float* p, vf v) { *reinterpret_cast<vf_unaligned*>(p) = v; }
TENON_INLINE vf splat(float x) { return x - vf{}; }
TENON_INLINE vi bits(vf v) { return (vi)v; }
TENON_INLINE vf as_float(vi v) { return (vf)v; }

/// The first n (0 < n < kW) floats; the rest is 0.
TENON_INLINE vf load_part(const float* p, int64_t n) {
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p);
#else
  vf v = {};
  for (int64_t i = 0; i < n; ++i) v[i] = p[i];
  return v;
#endif
}
TENON_INLINE void store_part(float* p, vf v, int64_t n) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1), v);
#else
  for (int64_t i = 0; i < n; ++i) p[i] = v[i];
#endif
}

TENON_INLINE vf fma(vf a, vf b, vf c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#else
  return a * b + c;
#endif
}
TENON_INLINE vf sqrt(vf a) {
#if defined(__AVX512F__)
  return _mm512_sqrt_ps(a);
#elif defined(__AVX2__)
  return _mm256_sqrt_ps(a);
#elif defined(__SSE2__)
  return _mm_sqrt_ps(a);
#else
  for (int i = 0; i < kW; ++i) a[i] = __builtin_sqrtf(a[i]);
  return a;
#endif
}

/// NaN in either operand gives NaN.
TENON_INLINE vf max(vf a, vf b) {
#if defined(__AVX512F__)
  return _mm512_mask_max_ps(a, _mm512_cmp_ps_mask(a, a, _CMP_ORD_Q), a, b);
#elif defined(__AVX2__)
  return _mm256_blendv_ps(_mm256_max_ps(a, b), a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
#else
  return ((a > b) | (a != a)) ? a : b;
#endif
}
TENON_INLINE vf min(vf a, vf b) {
#if defined(__AVX512F__)
  return _mm512_mask_min_ps(a, _mm512_cmp_ps_mask(a, a, _CMP_ORD_Q), a, b);
#elif defined(__AVX2__)
  return _mm256_blendv_ps(_mm256_min_ps(a, b), a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
#else
  return ((a < b) | (a != a)) ? a : b;
#endif
}
/// The plain instruction: b where either is NaN.
TENON_INLINE vf fast_max(vf a, vf b) { return a > b ? a : b; }
TENON_INLINE vf abs(vf a) { return as_float(bits(a) & 0x7fffffff); }
/// |a| with the sign of b.
TENON_INLINE vf copysign(vf a, vf b) {
  return as_float((bits(a) & 0x7fffffff) | (bits(b) & static_cast<int32_t>(0x80000000)));
}

/// To nearest, ties to even; keeps the sign of zero.
TENON_INLINE vf round(vf a) {
#if defined(__AVX512F__)
  return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(__AVX2__)
  return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#else
  const vf magic = copysign(splat(8388608.0f), a);
  const vf r = copysign((a + magic) - magic, a);
  return abs(a) < 8388608.0f ? r : a;
#endif
}
TENON_INLINE vf floor(vf a) {
  const vf r = round(a);
  return copysign(r > a ? r - 1.0f : r, a);
}
TENON_INLINE vf ceil(vf a) {
  const vf r = round(a);
  return copysign(r < a ? r + 1.0f : r, a);
}
TENON_INLINE vf trunc(vf a) { return copysign(floor(abs(a)), a); }

/// v with lane l taken from lane l ^ H.
template <int H>
TENON_INLINE vf swap_lanes(vf v) {
  vi from;
  for (int l = 0; l < kW; ++l) from[l] = l ^ H;
  return __builtin_shuffle(v, from);
}
#define TENON_ACROSS(join)                               \
  if constexpr (kW >= 16) v = join(v, swap_lanes<8>(v)); \
  if constexpr (kW >= 8) v = join(v, swap_lanes<4>(v));  \
  v = join(v, swap_lanes<2>(v));                         \
  v = join(v, swap_lanes<1>(v));                         \
  return v[0];
TENON_INLINE vf add(vf a, vf b) { return a + b; }
TENON_INLINE float sum_of(vf v){TENON_ACROSS(add)} TENON_INLINE
    float max_of(vf v){TENON_ACROSS(max)} TENON_INLINE float min_of(vf v) {
  TENON_ACROSS(min)
}
#undef TENON_ACROSS

}  // namespace
}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
