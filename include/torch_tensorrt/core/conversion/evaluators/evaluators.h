// SPDX-License-Identifier: Apache-2.0
// Evaluators written by users: functions that compute a node of a TorchScript graph while it is
// compiled, from arguments that are all known. They come before the built-in evaluation. Programs
// of torch.export have no nodes to evaluate.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../conversionctx/ConversionCtx.h"
#include "../var/Var.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace evaluators {

/// The node's inputs and their values.
using kwargs = std::map<const torch::jit::Value*, Var>;
/// The value of the node's one result; empty: not evaluated here.
using NodeEvaluator = std::function<std::optional<torch::jit::IValue>(
    ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args)>;

struct TORCHTRT_CORE_API EvalOptions {
  EvalOptions() = default;
  /// Only nodes of these schemas; by default all of the kind.
  EvalOptions& validSchemas(const std::set<std::string>& schemas);
  /// Not nodes whose result has one of these types.
  EvalOptions& blacklistOutputTypes(std::vector<c10::TypePtr> types);

  std::set<std::string> valid_schemas;  // "aten::add.int"
  std::vector<c10::TypePtr> blacklisted_output_types;
};

struct EvalRegistration {
  /// `f` takes (ConversionCtx*, const Node*, kwargs&) or, as older code has it, (const Node*,
  /// kwargs&).
  template <typename F>
  EvalRegistration(c10::Symbol node_kind, F f, EvalOptions eval_options = {})
      : kind(node_kind), options(std::move(eval_options)) {
    if constexpr (std::is_invocable_v<F&, ConversionCtx*, const torch::jit::Node*, kwargs&>) {
      evaluator = std::move(f);
    } else {
      evaluator = [f](ConversionCtx*, const torch::jit::Node* n, kwargs& args) mutable {
        return std::optional<torch::jit::IValue>(f(n, args));
      };
    }
  }

  c10::Symbol kind;
  NodeEvaluator evaluator;
  EvalOptions options;
};

class TORCHTRT_CORE_API RegisterNodeEvaluators {
 public:
  RegisterNodeEvaluators() = default;
  RegisterNodeEvaluators(RegisterNodeEvaluators&&) = default;
  RegisterNodeEvaluators& operator=(RegisterNodeEvaluators&&) = default;
  RegisterNodeEvaluators&& evaluator(EvalRegistration r) &&;
};

}  // namespace evaluators
}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
