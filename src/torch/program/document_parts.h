// SPDX-License-Identifier: Apache-2.0
// Parts of the JSON of an exported program around its nodes. Free functions.
#pragma once

#include <set>
#include <string>
#include <unordered_set>

#include "torch/program/document.h"

namespace tenon::torch_bridge {

/// Makes the node of an in-place op call `op` ("aten::relu"), which does the same without the
/// write.
void make_functional(Document& node, const std::string& op);

/// Where a spec of the signature holds the name under which its tensor is stored; null for others.
const Document* stored_name(const Document& spec);

/// Stored names of buffers and parameters that the program changes.
std::set<std::string> written_back(const Document& signature);

/// Drops descriptions of values that are not `used`.
void keep_values(Document& graph, const std::unordered_set<std::string>& used);

/// Calls of submodules whose signature was preserved cannot be taken out again once their values
/// are inside an engine.
void forget_gone_signatures(Document& module, const std::unordered_set<std::string>& used);

/// What two lists of modules, as a node's metadata has them, begin with.
std::string common_modules(const std::string& a, const std::string& b);

}  // namespace tenon::torch_bridge
