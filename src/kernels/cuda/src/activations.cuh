// SPDX-License-Identifier: Apache-2.0
// The activations that convolution and linear layers may end with, chosen at run time, so that one
// compiled kernel serves every layer: the same for all threads, and little beside the product it
// follows. F is f32 or f64. NaN stays NaN.
#pragma once
#include "common.cuh"

// In the order of kActivations in kernels/cuda/activations.cpp.
enum Activation {
  NO_ACTIVATION,
  RELU,
  SIGMOID,
  TANH,
  LEAKY_RELU,
  ELU,
  SELU,
  SOFTSIGN,
  SOFTPLUS,
  CLIP,
  HARD_SIGMOID,
  SCALED_TANH,
  THRESHOLDED_RELU,
  GELU_ERF,
  GELU_TANH,
  SILU,
  HARD_SWISH,
  MISH
};

template <typename F>
DEVICE F clamp_nan(F x, F low, F high) {
  if (x != x || low != low || high != high) return (F)NAN_F;
  return ::fmin(::fmax(x, low), high);
}
template <typename F>
DEVICE F softplus(F x) {
  return x > 0 ? x + ::log1p(::exp(-x)) : ::log1p(::exp(x));
}
/// 0.5 (1 + tanh(u)) = 1 / (1 + exp(-2 u)), without the cancellation for negative u.
template <typename F>
DEVICE F gelu_tanh(F x) {
  const F u = (F)0.79788456080286535588 * (x + (F)0.044715 * x * x * x);
  return x / (1 + ::exp(-2 * u));
}

template <typename F>
DEVICE F activate(i32 kind, F x, F alpha, F beta) {
  switch (kind) {
    case RELU:
      return x > 0 || x != x ? x : 0;
    case SIGMOID:
      return 1 / (1 + ::exp(-x));
    case TANH:
      return ::tanh(x);
    case LEAKY_RELU:
      return x < 0 ? alpha * x : x;
    case ELU:
      return x < 0 ? alpha * ::expm1(x) : x;
    case SELU:
      return (F)1.0507009873554804934 * (x < 0 ? (F)1.6732632423543772848 * ::expm1(x) : x);
    case SOFTSIGN:
      return x / (1 + ::fabs(x));
    case SOFTPLUS:
      return softplus(x);
    case CLIP:
      return clamp_nan(x, alpha, beta);
    case HARD_SIGMOID:
      return clamp_nan(alpha * x + beta, (F)0, (F)1);
    case SCALED_TANH:
      return alpha * ::tanh(beta * x);
    case THRESHOLDED_RELU:
      return x <= alpha ? 0 : x;
    case GELU_ERF:
      return x * (F)0.5 * ::erfc((F)-0.70710678118654752440 * x);
    case GELU_TANH:
      return gelu_tanh(x);
    case SILU:
      return x / (1 + ::exp(-x));
    case HARD_SWISH:
      return x * clamp_nan(x + 3, (F)0, (F)6) / 6;
    case MISH:
      return x * ::tanh(softplus(x));
  }
  return x;
}
