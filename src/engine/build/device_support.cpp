// SPDX-License-Identifier: Apache-2.0
#include "engine/build/device_support.h"

#include <algorithm>
#include <set>

#include "engine/run/sizes.h"
#include "engine/run/storage.h"
#include "kernels/kernel.h"

namespace tenon::engine {
namespace {

/// Symbols without a range in the probe count as converter probes count them.
constexpr int64_t kProbeSize = 8;

ir::SymEnv probe_sizes(const ir::Graph& net) {
  std::set<std::string> names;
  for (const auto& in : net.inputs())
    for (const ir::SymDim& d : in->type.shape) d.collect_symbols(names);
  ir::SymEnv env;
  for (const std::string& name : names) {
    const auto range = net.symbols.find(name);
    env[name] = range == net.symbols.end() ? kProbeSize : range->second.opt;
  }
  return env;
}

/// Layers of constants are computed while building.
bool is_folded(const ir::Node& n) {
  return std::all_of(n.inputs.begin(), n.inputs.end(),
                     [](const ir::Value* v) { return !v || ir::constant_of(v); }) &&
         !n.inputs.empty();
}

Support any_kernel(const kernels::Problem& problem) {
  std::string reason = "there is no such kernel";
  for (const kernels::KernelImpl* impl :
       kernels::candidates(problem.layer->op, kernels::Device::kCUDA)) {
    const Support s = impl->supports(problem);
    if (s) return s;
    reason = s.reason();
  }
  return Support::no("no CUDA kernel for layer " + problem.layer->op + ": " + reason);
}

}  // namespace

Support has_cuda_kernels(const ir::Graph& net) {
  kernels::DeviceTarget target;
  target.sm = 90;
  const ir::SymEnv sizes = probe_sizes(net);
  for (const auto& node : net.nodes()) {
    if (node->is_constant() || is_view(*node) || is_folded(*node)) continue;
    // Scales are folded or lowered before kernels are chosen.
    if (node->op == "scale") continue;
    if (Support s = any_kernel(make_problem(*node, sizes, 1, &target)); !s) return s;
  }
  return Support::yes();
}

}  // namespace tenon::engine
