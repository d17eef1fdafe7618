// SPDX-License-Identifier: Apache-2.0
// Rewrites the JSON of an exported program: engine segments become calls of execute_engine, the
// nodes of torch segments stay as they are. What python/torch_tensorrt/dynamo/_assemble.py does to
// a GraphModule. Free functions; the document is changed in place.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ir/program.h"
#include "partition/partition.h"
#include "torch/program/document.h"

namespace tenon::torch_bridge {

/// An engine that the document refers to now.
struct EngineSlot {
  size_t segment;           // of the plan
  std::string stored_name;  // among the archive's constants: "_run_on_acc_0.engine"
};

struct Rewritten {
  std::vector<EngineSlot> engines;
  /// Qualified names of parameters, buffers and constants that nothing uses any more.
  std::set<std::string> dropped;
};

/// `document` is what `program` was imported from and `plan` made of.
Rewritten put_engines(Document& document, const ir::Program& program, const partition::Plan& plan);

/// Narrows the document's range constraints to the ranges that engines were built for.
void narrow_ranges(Document& document, const ir::SymRanges& ranges);

/// Makes the description of tensor `name` that of an engine's output: dense, row-major, without
/// gradient.
void describe_dense(Document& tensor);

}  // namespace tenon::torch_bridge
