// SPDX-License-Identifier: Apache-2.0
// max_pool(relu(x)) -> max_pool(x) that starts from 0. The two commute, for NaN too, and the
// convolution before gets rid of an activation of what is mostly thrown away.
#include "engine/build/passes/passes.h"

namespace tenon::engine::passes {

bool fuse_pool_relu(ir::Graph& g) {
  bool changed = false;
  auto counts = g.use_counts();
  for (auto& pool : g.nodes()) {
    if (pool->op != "pooling" || pool->get<std::string>("type") != "max" ||
        !pool->get<std::string>("activation").empty())
      continue;
    ir::Value* x = pool->input(0);
    ir::Node* relu = x->producer();
    if (!relu || relu->op != "activation" || relu->get<std::string>("type") != "relu" ||
        counts[x] != 1)
      continue;
    pool->inputs[0] = relu->input(0);
    pool->set("activation", std::string("relu"));
    add_origin(*pool, *relu);
    changed = true;
  }
  g.remove_dead();
  return changed;
}

}  // namespace tenon::engine::passes
