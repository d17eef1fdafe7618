// SPDX-License-Identifier: Apache-2.0
#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

/// The constant right operand as linear's kernel [N, K], or null.
ir::Value* as_kernel(ir::Graph& g, const ir::Node& n) {
  ir::Value* b = n.input(1);
  if (!ir::constant_of(b) || b->type.shape.size() != 2 || n.input(0)->type.shape.size() < 2)
    return nullptr;
  if (n.get<std::string>("op0") != "none") return nullptr;
  if (n.get<std::string>("op1") == "transpose") return b;
  if (n.get<std::string>("op1") != "none") return nullptr;
  ir::Node* t = net::add_layer(g, "shuffle", {b}, {{"first_transpose", std::vector<int64_t>{1, 0}}},
                               b->name + ".t", &n);
  return t->output();  // constant: fold_constants evaluates it
}

}  // namespace

bool matmul_to_linear(ir::Graph& g) {
  bool changed = false;
  for (auto it = g.nodes().begin(); it != g.nodes().end();) {
    ir::Node* node = (it++)->get();
    if (node->op != "matrix_multiply") continue;
    ir::Value* kernel = as_kernel(g, *node);
    if (!kernel) continue;
    ir::Node* linear = net::add_layer(g, "linear", {node->input(0), kernel, nullptr, nullptr}, {},
                                      node->output()->name, node);
    linear->origin = node->origin;
    replace_and_erase(g, node->output(), linear->output());
    changed = true;
  }
  return changed;
}

}  // namespace tenon::engine::passes
