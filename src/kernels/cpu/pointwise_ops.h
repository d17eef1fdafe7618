// SPDX-License-Identifier: Apache-2.0
// The ops of the pointwise interpreter: each is one function over a block of elements, chosen once
// by (op, operand type). Blocks are dense; dst may equal an operand exactly. Included by *_isa.cpp.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tenon::kernels {

// Spelled as in layers.def.
// clang-format off
#define TENON_PW_OPS(X)                                                                           \
  X(relu)                                                                                         \
  X(sigmoid) X(tanh) X(leaky_relu) X(elu) X(selu) X(softsign) X(softplus) X(clip) X(hard_sigmoid) \
      X(scaled_tanh) X(thresholded_relu) X(gelu_erf) X(gelu_tanh) X(silu) X(hard_swish) X(mish)   \
          X(exp) X(log) X(sqrt) X(recip) X(abs) X(neg) X(sin) X(cos) X(tan) X(sinh) X(cosh)       \
              X(asin) X(acos) X(atan) X(asinh) X(acosh) X(atanh) X(ceil) X(floor) X(erf) X(sign)  \
                  X(round) X(isinf) X(isnan) X(rsqrt) X(expm1) X(log1p) X(trunc) X(sum) X(prod)   \
                      X(max) X(min) X(sub) X(div) X(pow) X(trunc_div) X(mod) X(fmod) X(floor_div) \
                          X(equal) X(not_equal) X(greater) X(less) X(greater_equal) X(less_equal) \
                              X(atan2) X(select) X(fill)
// clang-format on

enum class PwOp : uint8_t {
#define X(name) k_##name,
  TENON_PW_OPS(X)
#undef X
      k_not,
  k_and,
  k_or,
  k_xor,
  k_copy,
  kCount
};
/// Types the interpreter computes with; elements are of C type float, int64_t, int32_t, uint8_t,
/// double. Doubles are cast, compared and selected; there is no arithmetic on them.
enum class PwType : uint8_t { kF32, kI64, kI32, kBool, kF64, kCount };
constexpr int64_t kPwSize[] = {4, 8, 4, 1, 8};

/// n elements; operands that the op does not have are null. params: activation alpha and beta.
using PwFn = void (*)(void* dst, const void* a, const void* b, const void* c, int64_t n,
                      const float* params);

struct PointwiseFns {
  /// The op on operands of type t, or null if there is none. k_select: t is the type of the values;
  /// k_fill writes n times the value at `a`.
  PwFn (*op)(PwOp op, PwType t);
  PwFn (*cast)(PwType from, PwType to);
};

}  // namespace tenon::kernels
