// SPDX-License-Identifier: Apache-2.0
// Where a module's method runs.
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "frontends/torchscript/lower.h"

namespace tenon::torch_bridge {

/// The one device of the method's constants and of `wish` ("" or "cpu", "cuda:0", ...); the CPU
/// where neither says. Throws Error if they differ.
c10::Device script_device(const torchscript::Lowered& lowered, const std::string& wish);

}  // namespace tenon::torch_bridge
