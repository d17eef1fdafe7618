// SPDX-License-Identifier: Apache-2.0
// Program: what a frontend delivers: an aten graph plus what the containers around it say.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "ir/graph.h"

namespace tenon::ir {

/// A parameter, buffer or constant by its fully qualified name; a view whose owner is kept alive.
using ConstantTable = std::unordered_map<std::string, ConstantPtr>;

/// An in-place op turned into an ordinary one: uses of `target` after node `node` mean its result.
struct InPlace {
  std::string node;    // "relu_"
  std::string target;  // "batch_norm"
};

struct Program {
  /// aten graph. Value names are the program's names; node.origin.node is the program's node name.
  /// Inputs: the user inputs (tensors and sizes). Parameters, buffers and constants are "constant"
  /// nodes. Graph outputs: the user outputs that are values, in order (duplicates possible).
  Graph graph;
  std::vector<InPlace> in_place;
  /// Values that must stay in torch, with the reason: written to in place in a way that is not
  /// rewritten, buffers that are mutated, and what shares memory with them. By value name. Nodes
  /// that read or produce such a value run in torch, in the program's order. Values of Kind::kOther
  /// are here too, with the reason why they have no type (complex numbers, data-dependent sizes).
  std::unordered_map<std::string, std::string> pinned;
  /// Path of a module -> name of its class with its Python module ("torch.nn.modules.conv.Conv2d").
  std::unordered_map<std::string, std::string> module_classes;
  /// Program outputs in order: value name, or "" for a constant/None output.
  std::vector<std::string> outputs;
};

}  // namespace tenon::ir
