// SPDX-License-Identifier: Apache-2.0
// The JSON form of a ScriptRequest, as python/torch_tensorrt/ts writes it.
#pragma once

#include <string>

#include "torch/script/compile_script.h"

namespace tenon::torch_bridge {

/// {"method", "inputs": [{"min", "opt", "max", "dtype"}], "signature", "options"}
ScriptRequest request_of(const std::string& json);

}  // namespace tenon::torch_bridge
