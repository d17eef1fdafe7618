// SPDX-License-Identifier: Apache-2.0
// Arguments of TorchScript nodes -> attributes, in the forms that the export frontend uses: named
// by the schema, dtypes as DataType, tensors as Refs to the node's inputs. What has no translation
// becomes a string that says so ("unsupported: ..."), which no converter takes for what it wants.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include "ir/graph.h"

namespace tenon::torchscript {

/// Sets attributes and inputs of `node`. Every value that a leaf names becomes an input; constants
/// stand in `arguments` as leaves already.
void set_arguments(ir::Node* node, const c10::FunctionSchema* schema,
                   const std::vector<c10::IValue>& arguments);

}  // namespace tenon::torchscript
