// SPDX-License-Identifier: Apache-2.0
// Activations chosen at run time by number, so that one compiled kernel serves every layer. The
// numbers are the positions in kernels/cuda/activations.h; semantics are those of the CPU
// reference. F is f32 or f64.
#pragma once

#include "common.cuh"

template <typename F>
DEVICE F clamped(F x, F low, F high) {
  return x != x ? x : x < low ? low : x > high ? high : x;
}
template <typename F>
DEVICE F softplus(F x) {
  return x > 0 ? x + ::log1p(::exp(-x)) : ::log1p(::exp(x));
}

// Not inlined: the code of all of them is large.
template <typename F>
static __device__ __noinline__ F activate(int which, F x, F alpha, F beta) {
  const F kSeluAlpha = (F)1.6732632423543772848170429916717;
  const F kSeluScale = (F)1.0507009873554804934193349852946;
  switch (which) {
    case 0:
      return x;
    case 1:
      return x <= 0 ? (F)0 : x;  // NaN stays
    case 2:
      return 1 / (1 + ::exp(-x));
    case 3:
      return ::tanh(x);
    case 4:
      return x < 0 ? alpha * x : x;
    case 5:
      return x < 0 ? alpha * ::expm1(x) : x;
    case 6:
      return kSeluScale * (x < 0 ? kSeluAlpha * ::expm1(x) : x);
    case 7:
      return x / (1 + ::fabs(x));
    case 8:
      return softplus(x);
    case 9:
      return clamped(x, alpha, beta);
    case 10:
      return clamped(alpha * x + beta, (F)0, (F)1);
    case 11:
      return alpha * ::tanh(beta * x);
    case 12:
      return x <= alpha ? (F)0 : x;
    case 13:
      return x * (F)0.5 * (1 + ::erf(x * (F)0.70710678118654752440));
    case 14: {
      const F inner = (F)0.79788456080286535588 * (x + (F)0.044715 * x * x * x);
      return (F)0.5 * x * (1 + ::tanh(inner));
    }
    case 15:
      return x / (1 + ::exp(-x));
    case 16:
      return x * clamped(x + 3, (F)0, (F)6) / 6;
    case 17:
      return x * ::tanh(softplus(x));
  }
  return x;
}
