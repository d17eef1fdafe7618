// SPDX-License-Identifier: Apache-2.0
// Walking the JSON of an exported program: which values its arguments name. Free functions.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace tenon::torch_bridge {

using Document = nlohmann::ordered_json;

/// Calls `visit` with each name of a value in an argument (as_tensor, as_tensors, as_sym_int, ...);
/// what visit changes is changed in the document. Graphs of control flow see only their operands,
/// so their insides are left alone.
void for_each_name(Document& argument, const std::function<void(std::string&)>& visit);

/// The names that a node's inputs use or its outputs define.
void for_each_operand(Document& node, const std::function<void(std::string&)>& visit);
void for_each_result(Document& node, const std::function<void(std::string&)>& visit);

/// The only member of an object: how the schema writes a union ({"as_tensor": {...}}).
std::string union_kind(const Document& value);

}  // namespace tenon::torch_bridge
