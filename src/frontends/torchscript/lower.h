// SPDX-License-Identifier: Apache-2.0
// A module's method as one graph: frozen, inlined and simplified by torch's own passes.
#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <string>

namespace tenon::torchscript {

struct Lowered {
  torch::jit::Module module{c10::QualifiedName("__torch__.Empty")};  // frozen; owns what is left
  std::shared_ptr<torch::jit::Graph> graph;  // its first input is the module
};

/// `module` is not changed; it is treated as in eval mode. Attributes that the method writes are
/// left in `Lowered::module`, which has its own copy of them. Throws Error if it has no such
/// method.
Lowered lower(const torch::jit::Module& module, const std::string& method);

}  // namespace tenon::torchscript
