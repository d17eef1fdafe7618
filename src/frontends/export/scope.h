// SPDX-License-Identifier: Apache-2.0
// The values of a graph under construction, by name: every name is defined once, and before it is
// used. Owns nothing.
#pragma once

#include <string>
#include <unordered_map>

#include "frontends/export/json_ref.h"
#include "ir/graph.h"

namespace tenon::frontends {

class Scope {
 public:
  explicit Scope(ir::Graph& graph) : graph_(graph) {}

  /// Reserves `name`; fails at `where` if it is taken.
  void claim(const std::string& name, const JsonRef& where) {
    if (graph_.unique_name(name) != name) where.fail("defines '", name, "' a second time");
  }
  void define(ir::Value* value) { values_[value->name] = value; }
  ir::Value* find(const std::string& name) const {
    auto it = values_.find(name);
    return it == values_.end() ? nullptr : it->second;
  }
  ir::Value* use(const JsonRef& name) const {
    ir::Value* v = find(name.string());
    if (!v) name.fail("names '", name.string(), "', which no earlier node or input defines");
    return v;
  }
  ir::Graph& graph() { return graph_; }

 private:
  ir::Graph& graph_;
  std::unordered_map<std::string, ir::Value*> values_;
};

}  // namespace tenon::frontends
