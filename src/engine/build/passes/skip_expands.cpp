// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

/// May input `i` of the layer be a smaller tensor that broadcasts?
bool broadcasts(const ir::Node& n, size_t i) {
  if (n.op == "elementwise" || n.op == "select") return true;
  return n.op == "attention" && i == 3;
}

bool skip(ir::Node& n, size_t i) {
  ir::Value* old = n.inputs[i];
  ir::Node* expand = old ? old->producer() : nullptr;
  if (!expand || expand->op != "expand" || !broadcasts(n, i)) return false;
  n.inputs[i] = expand->input(0);
  if (n.op == "attention") return true;  // the mask decides nothing about the output's shape
  if (net::infer(n).at(0) == n.output()->type) return true;
  n.inputs[i] = old;  // the expand gives the output its shape
  return false;
}

}  // namespace

bool skip_expands(ir::Graph& g) {
  bool changed = false;
  for (auto& node : g.nodes())
    for (size_t i = 0; i < node->inputs.size(); ++i) changed |= skip(*node, i);
  g.remove_dead();
  return changed;
}

}  // namespace tenon::engine::passes
