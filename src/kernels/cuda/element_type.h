// SPDX-License-Identifier: Apache-2.0
// Element types as device code names them. Pure functions.
#pragma once

#include "tenon/types.h"

namespace tenon::kernels {

/// "f32", "u8" (bool too: a byte), or null for a type that device code does not have.
const char* device_type(DataType t);
/// f32, f16 and bf16, the types that most kernels are compiled for.
bool is_device_float(DataType t);

}  // namespace tenon::kernels
