// SPDX-License-Identifier: Apache-2.0
// The activations that convolution and linear layers may end with, chosen at run time: the same for
// all threads, and little beside the product it follows. NaN stays NaN.
#pragma once
#include "common.cuh"

// In the order of kActivations in fused_activation.cpp.
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

DEVICE f32 clamp_nan(f32 x, f32 low, f32 high) {
  if (x != x || low != low || high != high) return NAN_F;
  return fminf(fmaxf(x, low), high);
}
DEVICE f32 softplus(f32 x) { return x > 0.f ? x + log1pf(expf(-x)) : log1pf(expf(x)); }
/// 0.5 (1 + tanh(u)) = 1 / (1 + exp(-2 u)), without the cancellation for negative u.
DEVICE f32 gelu_tanh(f32 x) {
  const f32 u = 0.7978845608f * (x + 0.044715f * x * x * x);
  return x / (1.f + expf(-2.f * u));
}

DEVICE f32 activate(i32 kind, f32 x, f32 alpha, f32 beta) {
  switch (kind) {
    case RELU:
      return x > 0.f || x != x ? x : 0.f;
    case SIGMOID:
      return 1.f / (1.f + expf(-x));
    case TANH:
      return tanhf(x);
    case LEAKY_RELU:
      return x < 0.f ? alpha * x : x;
    case ELU:
      return x < 0.f ? alpha * expm1f(x) : x;
    case SELU:
      return 1.0507009873554805f * (x < 0.f ? 1.6732632423543772f * expm1f(x) : x);
    case SOFTSIGN:
      return x / (1.f + fabsf(x));
    case SOFTPLUS:
      return softplus(x);
    case CLIP:
      return clamp_nan(x, alpha, beta);
    case HARD_SIGMOID:
      return clamp_nan(alpha * x + beta, 0.f, 1.f);
    case SCALED_TANH:
      return alpha * tanhf(beta * x);
    case THRESHOLDED_RELU:
      return x <= alpha ? 0.f : x;
    case GELU_ERF:
      return x * 0.5f * erfcf(-0.70710678118654752f * x);
    case GELU_TANH:
      return gelu_tanh(x);
    case SILU:
      return x / (1.f + expf(-x));
    case HARD_SWISH:
      return x * clamp_nan(x + 3.f, 0.f, 6.f) / 6.f;
    case MISH:
      return x * tanhf(softplus(x));
  }
  return x;
}
/// For products in f64, of which none but ReLU is asked for.
DEVICE f64 activate(i32 kind, f64 x, f32, f32) {
  return kind == NO_ACTIVATION || x > 0 || x != x ? x : 0;
}
