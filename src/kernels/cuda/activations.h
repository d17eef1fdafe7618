// SPDX-License-Identifier: Apache-2.0
// Numbers of the activations in kernels/cuda/src/activations.cuh.
#pragma once

#include <string_view>

namespace tenon::kernels {

/// The position of an activation, 0 for "" (none), or -1 if the device code has none of that name.
inline int activation_number(std::string_view name) {
  constexpr std::string_view kNames[] = {"",
                                         "relu",
                                         "sigmoid",
                                         "tanh",
                                         "leaky_relu",
                                         "elu",
                                         "selu",
                                         "softsign",
                                         "softplus",
                                         "clip",
                                         "hard_sigmoid",
                                         "scaled_tanh",
                                         "thresholded_relu",
                                         "gelu_erf",
                                         "gelu_tanh",
                                         "silu",
                                         "hard_swish",
                                         "mish"};
  int number = 0;
  for (std::string_view n : kNames) {
    if (n == name) return number;
    ++number;
  }
  return -1;
}

}  // namespace tenon::kernels
