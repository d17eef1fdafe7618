// SPDX-License-Identifier: Apache-2.0
#include "engine/build/passes/passes.h"

namespace tenon::engine::passes {

bool fuse_norm_residual(ir::Graph& g) {
  bool changed = false;
  auto counts = g.use_counts();
  for (auto& norm : g.nodes()) {
    if (norm->op != "normalization" || norm->input(3)) continue;
    ir::Value* x = norm->input(0);
    ir::Node* sum = x->producer();
    if (!sum || sum->op != "elementwise" || sum->get<std::string>("operation") != "sum" ||
        counts[x] != 1)
      continue;
    if (sum->input(0)->type != x->type || sum->input(1)->type != x->type) continue;
    norm->inputs.resize(4);
    norm->inputs[0] = sum->input(0);
    norm->inputs[3] = sum->input(1);
    add_origin(*norm, *sum);
    changed = true;
  }
  g.remove_dead();
  return changed;
}

}  // namespace tenon::engine::passes
