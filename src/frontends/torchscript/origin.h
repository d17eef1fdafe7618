// SPDX-License-Identifier: Apache-2.0
// Where a TorchScript node came from: the module whose method was inlined, and the source line.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <string>
#include <unordered_map>

#include "ir/graph.h"

namespace tenon::torchscript {

/// Also enters the classes of the modules on the way into `classes` (path -> class name).
ir::Origin origin_of(const torch::jit::Node* node,
                     std::unordered_map<std::string, std::string>* classes);

/// "resnet.py:96", or "" if the node has no source.
std::string location_of(const torch::jit::Node* node);

}  // namespace tenon::torchscript
