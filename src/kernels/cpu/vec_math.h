// SPDX-License-Identifier: Apache-2.0
// Branch-free float functions on vectors: argument reduction and minimax polynomials fitted for
// this file (weighted least squares, reweighted towards equal error). The bounds given are against
// the exact value over all finite arguments with a normal result. For *_isa.cpp files only, as
// vec.h.
#pragma once

#include "kernels/cpu/vec.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

/// 2^n for integral n in [-126, 127].
TENON_INLINE vf pow2(vf n) { return as_float((__builtin_convertvector(n, vi) + 127) << 23); }

/// <= 2 ulp; denormal results to within one unit of the denormal spacing.
TENON_INLINE vf exp(vf x) {
  // Bounds beyond which the result is 0 or infinity; NaN passes both comparisons unchanged.
  x = x > 100.0f ? splat(100.0f) : x;
  x = x < -110.0f ? splat(-110.0f) : x;
  const vf n = round(x * 1.44269504f);
  vf r = fma(n, splat(-0.693359375f), x);
  r = fma(n, splat(2.12194440e-4f), r);
  vf p = splat(1.381459646e-3f);
  p = fma(p, r, splat(8.368717507e-3f));
  p = fma(p, r, splat(4.166838899e-2f));
  p = fma(p, r, splat(1.666652113e-1f));
  p = fma(p, r, splat(4.999999404e-1f));
  p = fma(p, r * r, r) + 1.0f;
#if defined(__AVX512F__)
  return _mm512_scalef_ps(p, n);
#else
  // In two steps, so that neither factor leaves the normal range.
  const vf half = round(n * 0.5f);
  return p * pow2(half) * pow2(n - half);
#endif
}

/// <= 2 ulp. Negative arguments give NaN, 0 gives -infinity.
TENON_INLINE vf log(vf x) {
  const vi tiny = x < 1.17549435e-38f;
  const vf y = tiny ? x * 8388608.0f : x;
  // Exponent such that the mantissa lies in [sqrt(1/2), sqrt(2)).
  const vi shifted = bits(y) - 0x3f3504f3;
  vf e = __builtin_convertvector(shifted >> 23, vf);
  e = tiny ? e - 23.0f : e;
  const vf z = as_float((shifted & 0x007fffff) + 0x3f3504f3) - 1.0f;
  vf p = splat(6.746601313e-2f);
  p = fma(p, z, splat(-1.167564094e-1f));
  p = fma(p, z, splat(1.188817471e-1f));
  p = fma(p, z, splat(-1.240559146e-1f));
  p = fma(p, z, splat(1.421955079e-1f));
  p = fma(p, z, splat(-1.666799635e-1f));
  p = fma(p, z, splat(2.000211924e-1f));
  p = fma(p, z, splat(-2.500000894e-1f));
  p = fma(p, z, splat(3.333331347e-1f));
  const vf z2 = z * z;
  vf r = fma(p * z, z2, e * -2.12194440e-4f);
  r = fma(z2, splat(-0.5f), r) + z;
  r = fma(e, splat(0.693359375f), r);
  const vf inf = splat(__builtin_inff());
  r = x == inf ? inf : r;
  r = x == 0.0f ? -inf : r;
  return (x < 0.0f) | (x != x) ? splat(__builtin_nanf("")) : r;
}

/// <= 3 ulp.
TENON_INLINE vf expm1(vf x) {
  vf p = splat(2.481610682e-5f);
  p = fma(p, x, splat(1.997169020e-4f));
  p = fma(p, x, splat(1.388914417e-3f));
  p = fma(p, x, splat(8.333149366e-3f));
  p = fma(p, x, splat(4.166666418e-2f));
  p = fma(p, x, splat(1.666666716e-1f));
  const vf x2 = x * x;
  const vf small = fma(p * x, x2, fma(x2, splat(0.5f), x));
  return abs(x) < 0.5f ? small : exp(x) - 1.0f;
}

/// <= 4 ulp: log(1 + x) corrected by what the sum lost.
TENON_INLINE vf log1p(vf x) {
  const vf u = x + 1.0f;
  const vf d = u - 1.0f;
  const vf r = log(u) * (x / d);
  const vf same = d == 0.0f ? x : r;
  return u == splat(__builtin_inff()) ? u : same;
}

/// <= 4 ulp.
TENON_INLINE vf tanh(vf x) {
  const vf a = abs(x), s = x * x;
  vf p = splat(-5.138651934e-3f);
  p = fma(p, s, splat(2.009195834e-2f));
  p = fma(p, s, splat(-5.355885625e-2f));
  p = fma(p, s, splat(1.332911104e-1f));
  p = fma(p, s, splat(-3.333319128e-1f));
  const vf small = fma(p * s, x, x);
  const vf large = copysign(1.0f - 2.0f / (exp(a + a) + 1.0f), x);
  return a < 0.625f ? small : large + (x - x);  // x - x keeps NaN; infinities are handled below
}
TENON_INLINE vf tanh_any(vf x) {
  const vf c = x > 20.0f ? splat(20.0f) : x;
  return tanh(c < -20.0f ? splat(-20.0f) : c);
}

/// <= 3 ulp.
TENON_INLINE vf sigmoid(vf x) { return 1.0f / (1.0f + exp(-x)); }

/// <= 3 ulp.
TENON_INLINE vf erf(vf x) {
  const vf s = x * x;
  vf p = splat(7.853857824e-5f);
  p = fma(p, s, splat(-8.010192541e-4f));
  p = fma(p, s, splat(5.188327748e-3f));
  p = fma(p, s, splat(-2.685381100e-2f));
  p = fma(p, s, splat(1.128358543e-1f));
  p = fma(p, s, splat(-3.761262596e-1f));
  p = fma(p, s, splat(1.283791071e-1f));
  const vf small = fma(p, x, x);
  vf a = abs(x);
  a = a > 4.0f ? splat(4.0f) : a;
  // erfc(a) = exp(-q(a)) on [0.95, 4].
  vf q = splat(2.149611282e-5f);
  q = fma(q, a, splat(-4.391063703e-4f));
  q = fma(q, a, splat(4.193610977e-3f));
  q = fma(q, a, splat(-2.517896704e-2f));
  q = fma(q, a, splat(1.083724797e-1f));
  q = fma(q, a, splat(6.332626343e-1f));
  q = fma(q, a, splat(1.129556775e+0f));
  q = fma(q, a, splat(-1.834441500e-4f));
  const vf large = copysign(1.0f - exp(-q), x);
  return abs(x) < 1.0f ? small : large;
}

/// Absolute error <= 2e-7 * max(|x|, 1) for both forms, as the factor 1 + erf has.
TENON_INLINE vf gelu_erf(vf x) { return x * 0.5f * (1.0f + erf(x * 0.707106781f)); }
TENON_INLINE vf gelu_tanh(vf x) {
  const vf inner = 0.797884561f * fma(x * x * x, splat(0.044715f), x);
  return 0.5f * x * (1.0f + tanh_any(inner));
}
TENON_INLINE vf silu(vf x) { return x / (1.0f + exp(-x)); }
/// log(1 + e^x), <= 4 ulp.
TENON_INLINE vf softplus(vf x) {
  const vf positive = x > 0.0f ? x : splat(0.0f);
  return positive + log1p(exp(-abs(x))) + (x != x ? x : splat(0.0f));
}

/// Sine or cosine; absolute error <= 2e-7 for |x| <= 8192 (the caller handles larger arguments).
TENON_INLINE vf sin_cos(vf x, bool cosine) {
  const vf n = round(x * 0.636619772f);
  // pi/2 in three parts, the first two of few enough bits for exact products.
  vf r = fma(n, splat(-1.5703125f), x);
  r = fma(n, splat(-4.837512969970703125e-4f), r);
  r = fma(n, splat(-7.549789948768648e-8f), r);
  vi quadrant = __builtin_convertvector(n, vi);
  if (cosine) quadrant = quadrant + 1;
  const vf s = r * r;
  vf a = splat(2.718237283e-6f);
  a = fma(a, s, splat(-1.983932743e-4f));
  a = fma(a, s, splat(8.333329111e-3f));
  a = fma(a, s, splat(-1.666666716e-1f));
  const vf sine = fma(a * s, r, r);
  vf b = splat(2.443772792e-5f);
  b = fma(b, s, splat(-1.388736186e-3f));
  b = fma(b, s, splat(4.166664556e-2f));
  const vf cos = fma(b, s * s, fma(s, splat(-0.5f), splat(1.0f)));
  const vf v = (quadrant & 1) != 0 ? cos : sine;
  return as_float(bits(v) ^ ((quadrant & 2) << 30));
}

}  // namespace
}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
