// SPDX-License-Identifier: Apache-2.0
#include "torch/program/document.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace tenon::torch_bridge {

void for_each_name(Document& argument, const std::function<void(std::string&)>& visit) {
  if (argument.is_array()) {
    for (Document& item : argument) for_each_name(item, visit);
  }
  if (!argument.is_object()) return;
  for (auto it = argument.begin(); it != argument.end(); ++it) {
    const bool reference = it.key() == "name" || it.key() == "as_name";
    if (it.key() == "as_graph" || it.key() == "as_string" || it.key() == "as_operator") continue;
    if (reference && it->is_string()) {
      visit(it->get_ref<std::string&>());
    } else {
      for_each_name(*it, visit);
    }
  }
}

void for_each_operand(Document& node, const std::function<void(std::string&)>& visit) {
  for (Document& input : node.at("inputs")) for_each_name(input.at("arg"), visit);
}

void for_each_result(Document& node, const std::function<void(std::string&)>& visit) {
  for (Document& output : node.at("outputs")) for_each_name(output, visit);
}

std::string union_kind(const Document& value) {
  TENON_CHECK(value.is_object() && value.size() == 1, "the program has a malformed union");
  return value.begin().key();
}

}  // namespace tenon::torch_bridge
