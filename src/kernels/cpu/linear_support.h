// SPDX-License-Identifier: Apache-2.0
// What the f32 kernels with a fused activation (linear, convolution) share.
#pragma once

#include "kernels/cpu/nd.h"
#include "kernels/cpu/pointwise_program.h"

namespace tenon::kernels::cpu {

/// The layer's fused activation as a vector function, which is null if there is none.
struct Activation {
  explicit Activation(const Problem& p);
  PwFn function;
  float params[2];
};

/// All operands f32, in the plain layout and, but for input `packed_input`, dense.
Support check_plain_f32(const Problem& p, size_t packed_input = SIZE_MAX);

/// The layer's fused activation, if it has one, has a vector form.
Support check_vector_activation(const Problem& p);

}  // namespace tenon::kernels::cpu
