// SPDX-License-Identifier: Apache-2.0
// Reading schemas, and argument values of ir nodes as torch values. Stateless.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <string>

#include "base/support.h"
#include "ir/graph.h"

namespace tenon::torch_bridge {

/// "aten::flatten.using_ints", as ir::Node::op spells it.
std::string op_name(const c10::OperatorName& name);

/// A view of constant data on the CPU; the tensor keeps the data alive.
at::Tensor tensor_of(const ir::ConstantPtr& constant);

/// Can every argument of `node` be given as `schema` wants it now? No: it is missing, unknown to
/// the schema, or known only at run time.
Support fits(const c10::FunctionSchema& schema, const ir::Node& node);

/// The value of an argument that is neither a tensor nor a list of tensors. Throws Error, naming
/// the argument, for what fits() refuses.
c10::IValue value_of(const c10::Argument& argument, const ir::Attr& attr);

}  // namespace tenon::torch_bridge
