// SPDX-License-Identifier: Apache-2.0
#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

const std::vector<int64_t> kSwapHeads = {0, 2, 1, 3};

bool absorb_input(ir::Node& n, size_t i, const char* attr) {
  ir::Node* t = n.input(i)->producer();
  if (!t || !is_pure_transpose(*t, kSwapHeads)) return false;
  std::string& layout = std::get<std::string>(*const_cast<ir::Attr*>(n.find(attr)));
  layout = layout == "bhsd" ? "bshd" : "bhsd";
  n.inputs[i] = t->input(0);
  return true;
}

/// attention -> transpose(1, 2), used nowhere else: attention writes [B, S, H, D] itself.
bool absorb_output(ir::Graph& g, ir::Node& n) {
  auto users = g.users();
  auto it = users.find(n.output());
  if (it == users.end() || it->second.size() != 1 || g.use_counts()[n.output()] != 1) return false;
  ir::Node* t = it->second.front();
  if (!is_pure_transpose(*t, kSwapHeads)) return false;
  n.set("output_layout",
        std::string(n.get<std::string>("output_layout") == "bhsd" ? "bshd" : "bhsd"));
  n.output()->type = net::infer(n).at(0);
  replace_and_erase(g, t->output(), n.output());
  return true;
}

}  // namespace

bool absorb_attention_transposes(ir::Graph& g) {
  bool changed = false;
  for (auto& node : g.nodes()) {
    if (node->op != "attention") continue;
    changed |= absorb_input(*node, 0, "query_layout");
    changed |= absorb_input(*node, 1, "key_layout");
    changed |= absorb_input(*node, 2, "value_layout");
    changed |= absorb_output(g, *node);
  }
  g.remove_dead();
  return changed;
}

}  // namespace tenon::engine::passes
