// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "base/element.h"
#include "engine/build/passes/passes.h"

namespace tenon::engine::passes {

ir::Node* copy_node(ir::Graph& g, const ir::Node& node, const ir::Node* before) {
  ir::Node* twin = g.create(node.op, node.inputs, before);
  twin->attrs = node.attrs;
  twin->origin = node.origin;
  for (const auto& out : node.outputs()) {
    ir::Value* v = twin->add_output(g.unique_name(out->name), out->type);
    v->layout = out->layout;
  }
  return twin;
}

void replace_and_erase(ir::Graph& g, ir::Value* from, ir::Value* to) {
  g.replace_uses(from, to);
  ir::Node* node = from->producer();
  if (!node) return;
  auto counts = g.use_counts();
  for (const auto& out : node->outputs())
    if (counts[out.get()] > 0) return;
  std::string name = from->name;
  g.erase(node);
  to->name = name;
}

bool is_pure_reshape(const ir::Node& n) {
  return n.op == "shuffle" && n.get<bool>("has_reshape") &&
         n.get<std::vector<int64_t>>("first_transpose").empty() &&
         n.get<std::vector<int64_t>>("second_transpose").empty();
}

bool is_pure_transpose(const ir::Node& n, const std::vector<int64_t>& perm) {
  return n.op == "shuffle" && !n.get<bool>("has_reshape") &&
         n.get<std::vector<int64_t>>("first_transpose") == perm &&
         n.get<std::vector<int64_t>>("second_transpose").empty();
}

void add_origin(ir::Node& to, const ir::Node& from) {
  if (from.origin.node.empty()) return;
  if (to.origin.node.empty()) {
    to.origin = from.origin;
  } else {
    to.origin.node += "+" + from.origin.node;
    to.origin.op += "+" + from.origin.op;
  }
}

bool scalar_value(const ir::Value* v, double* out) {
  ir::ConstantPtr c = ir::constant_of(v);
  if (!c || !c->has_data() || !c->format.empty() || size_of(c->dtype) == 0) return false;
  if (c->bytes != size_of(c->dtype)) return false;
  if (c->dtype == DataType::kFP8) return false;
  *out = load_element(c->materialise().get(), c->dtype, 0);
  return true;
}

}  // namespace tenon::engine::passes
