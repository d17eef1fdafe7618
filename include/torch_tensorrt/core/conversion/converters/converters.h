// SPDX-License-Identifier: Apache-2.0
// Converters written by users. A static object registers a function for a schema; it then stands
// beside the built-in converters, before that of the same operator, for every way in. Meant for a
// shared library that is opened before a model is compiled; the library stays loaded.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <string>
#include <vector>

#include "../../util/prelude.h"
#include "../conversionctx/ConversionCtx.h"
#include "../tensorcontainer/TensorContainer.h"
#include "../var/Var.h"
#include "Weights.h"
#include "converter_util.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace converters {

/// The arguments of the node in the order of the schema; what the program leaves out has the
/// schema's default.
using args = std::vector<Var>;
/// Adds layers to ctx->net and associates the results of the node. False or an exception: the node
/// stays in PyTorch, with the message as its reason. The node belongs to a graph of its own (a
/// schema's node with its arguments as inputs and constants), whatever way the model came in.
using OpConverter = std::function<bool(ConversionCtx* ctx, const torch::jit::Node* n, args& args)>;

struct ConversionPattern {
  std::string signature;  // a schema, "aten::relu(Tensor self) -> (Tensor)"
  OpConverter converter;
};

class TORCHTRT_CORE_API RegisterNodeConversionPatterns {
 public:
  RegisterNodeConversionPatterns() = default;
  RegisterNodeConversionPatterns(RegisterNodeConversionPatterns&&) = default;
  RegisterNodeConversionPatterns& operator=(RegisterNodeConversionPatterns&&) = default;
  /// Keyed by the operator's name and overload; of two, the one registered last comes first. A
  /// schema that cannot be read is an error in the log, and the reason of every such node.
  RegisterNodeConversionPatterns&& pattern(ConversionPattern p) &&;
};

}  // namespace converters
}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
