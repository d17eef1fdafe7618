// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/activations.h"

#include <algorithm>
#include <iterator>

namespace tenon::kernels {
namespace {

// In the order of the enum in src/activations.cuh.
constexpr std::string_view kActivations[] = {"",
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

}  // namespace

int activation_number(std::string_view name) {
  const auto* at = std::find(std::begin(kActivations), std::end(kActivations), name);
  return at == std::end(kActivations) ? -1 : static_cast<int>(at - std::begin(kActivations));
}

}  // namespace tenon::kernels
