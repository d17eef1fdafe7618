// SPDX-License-Identifier: Apache-2.0
// Evaluators: functions that give the results of a TorchScript node at compile time, from those of
// its arguments that are known. One made by a user comes before what is built in, with a log line.
// Registration is thread safe.
#pragma once

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tenon::torchscript {

/// `arguments`: per input of the node its value, or nothing if it is only known at run time.
/// The result: the node's one result, or nothing if this evaluator cannot say.
using Evaluator = std::function<std::optional<c10::IValue>(
    const torch::jit::Node* node, const std::vector<std::optional<c10::IValue>>& arguments)>;

/// `op`: a node kind ("aten::zeros", "prim::Constant"), which means all its overloads, or a whole
/// schema ("aten::size.int(Tensor self, int dim) -> int").
void register_evaluator(const std::string& op, Evaluator evaluator);

/// Asks the evaluators registered for the node, the latest first.
std::optional<c10::IValue> evaluate_by_user(
    const torch::jit::Node* node, const std::vector<std::optional<c10::IValue>>& arguments);
bool has_evaluator(const torch::jit::Node* node);

}  // namespace tenon::torchscript
