// SPDX-License-Identifier: Apache-2.0
// Numbers of the activations in kernels/cuda/src/activations.cuh.
#pragma once

#include <string_view>

namespace tenon::kernels {

/// The position of an activation, 0 for "" (none), or -1 if the device code has none of that name.
int activation_number(std::string_view name);

}  // namespace tenon::kernels
