// SPDX-License-Identifier: Apache-2.0
// Text about nodes of a torch::jit::Graph.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <string>

#include "macros_api.h"

namespace torch_tensorrt {
namespace core {
namespace util {

/// The node as one line, a name for layers: "%y : Tensor = aten::relu(%x)".
TORCHTRT_CORE_API std::string node_info(const torch::jit::Node* n);

}  // namespace util
}  // namespace core
}  // namespace torch_tensorrt
