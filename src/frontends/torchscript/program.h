// SPDX-License-Identifier: Apache-2.0
// What the TorchScript frontend delivers: the ir::Program that every frontend delivers, and what is
// needed to write the part that stays in torch as TorchScript again.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontends/torchscript/leaf.h"
#include "ir/program.h"

namespace tenon::torchscript {

struct ScriptProgram;

/// An attribute that the method writes.
struct StateAttribute {
  c10::IValue object;  // the module that has it
  std::string name;
  std::string path;  // "layer1_count"
};

/// How a node of the graph is written in TorchScript.
struct ScriptNode {
  torch::jit::Node* source = nullptr;
  /// The arguments in the schema's order. Leaves name values as they were when the node was made;
  /// `operands` are these, in parallel to the node's inputs, which later passes may redirect.
  std::vector<c10::IValue> arguments;
  std::vector<ir::Value*> operands;
  /// Per result of `source`: how many outputs of the node it is, or -1 for one that is no list.
  std::vector<int> counts;
  /// prim::GetAttr, prim::SetAttr: of what.
  std::optional<StateAttribute> attribute;
  /// Its arguments outlive the call: constants among them are copied.
  bool stores = false;
  /// prim::If, prim::Loop: the blocks, as programs of their own.
  std::vector<std::unique_ptr<ScriptProgram>> blocks;
};

struct ScriptProgram {
  ir::Program program;
  std::unordered_map<const ir::Node*, ScriptNode> nodes;
  /// Constants of the graph as torch holds them.
  std::unordered_map<const ir::Value*, at::Tensor> tensors;
  /// Structure of the inputs (per argument of the method, or per input of the block), and of what
  /// is returned. Leaves of results name values as they were; `returned` are these, in parallel to
  /// the graph's outputs.
  std::vector<c10::IValue> arguments;
  std::vector<c10::IValue> results;
  std::vector<ir::Value*> returned;
  /// Of a block: its graph's input -> the value outside that it is.
  std::unordered_map<const ir::Value*, ir::Value*> captured;
  /// Sizes that only an op's result shows: symbol -> that result.
  std::unordered_map<std::string, ir::Value*> carriers;
};

/// The types a converter would give the outputs of a node; nothing if it says no.
using InferTypes =
    std::function<std::optional<std::vector<ir::Type>>(const ir::Node&, const ir::SymRanges&)>;

}  // namespace tenon::torchscript
