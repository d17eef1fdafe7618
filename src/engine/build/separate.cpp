// SPDX-License-Identifier: Apache-2.0
#include "engine/build/separate.h"

#include <omp.h>

#include <algorithm>
#include <set>

#include "engine/run/sizes.h"
#include "engine/run/storage.h"
#include "net/layer.h"

namespace tenon::engine {
namespace {

ir::Value* copy_of(ir::Graph& net, ir::Value* v, const ir::Node* before) {
  return net::add_layer(net, "reorder", {v}, {}, v->name + ".copy", before)->output();
}

/// The value whose memory `v` is.
const ir::Value* memory_of(const ir::Value* v) {
  while (v->producer() && is_view(*v->producer())) v = v->producer()->input(0);
  return v;
}

/// Does the layer's kernel keep the pointers that it was recorded with?
bool is_fixed(const Choice& c, const ir::SymEnv& sizes, const kernels::DeviceTarget& target) {
  kernels::Problem problem = make_problem(*c.node, sizes, omp_get_max_threads(), &target);
  problem.tactic = c.tactic;
  return c.impl->prepare(problem)->fixed_pointers();
}

}  // namespace

void separate_outputs(ir::Graph& net) {
  for (size_t i : shared_outputs(net)) net.outputs[i] = copy_of(net, net.outputs[i], nullptr);
}

bool separate_fixed_pointers(ir::Graph& net, const std::vector<Choice>& choices,
                             const kernels::DeviceTarget& target) {
  const ir::SymEnv sizes = opt_sizes(net);
  const auto is_input = [](const ir::Value* v) { return v && !memory_of(v)->producer(); };
  std::set<const ir::Node*> writers;  // of the engine's outputs
  for (const ir::Value* out : net.outputs) writers.insert(memory_of(out)->producer());
  std::set<const ir::Node*> fixed;
  bool changed = false;
  for (const Choice& c : choices) {
    std::vector<ir::Value*>& in = c.node->inputs;
    const bool reads = std::any_of(in.begin(), in.end(), is_input);
    if (!(reads || writers.count(c.node)) || !is_fixed(c, sizes, target)) continue;
    fixed.insert(c.node);
    for (ir::Value*& v : in)
      if (is_input(v)) v = copy_of(net, v, c.node);
    changed |= reads;
  }
  for (ir::Value*& out : net.outputs) {
    if (!fixed.count(memory_of(out)->producer())) continue;
    out = copy_of(net, out, nullptr);
    changed = true;
  }
  return changed;
}

}  // namespace tenon::engine
