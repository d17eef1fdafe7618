// SPDX-License-Identifier: Apache-2.0
#include "engine/build/device_support.h"

#include <algorithm>
#include <set>

#include "engine/build/passes/passes.h"
#include "engine/run/sizes.h"
#include "engine/run/storage.h"
#include "kernels/kernel.h"

namespace tenon::engine {
namespace {

/// Symbols without a range in the probe count as converter probes count them.
constexpr int64_t kProbeSize = 8;

void collect(const ir::SymShape& shape, std::set<std::string>& names) {
  for (const ir::SymDim& d : shape) d.collect_symbols(names);
}

void collect(const ir::Node& node, std::set<std::string>& names) {
  for (const ir::Value* in : node.inputs)
    if (in) collect(in->type.shape, names);
  for (const auto& out : node.outputs()) collect(out->type.shape, names);
  for (const auto& [name, attr] : node.attrs)
    if (const auto* sizes = std::get_if<ir::SymShape>(&attr)) collect(*sizes, names);
}

ir::SymEnv probe_sizes(const std::set<std::string>& names, const ir::SymRanges& ranges) {
  ir::SymEnv env;
  for (const std::string& name : names) {
    const auto range = ranges.find(name);
    env[name] = range == ranges.end() ? kProbeSize : range->second.opt;
  }
  return env;
}

/// Layers of constants are computed while building.
bool is_folded(const ir::Node& n) {
  return std::all_of(n.inputs.begin(), n.inputs.end(),
                     [](const ir::Value* v) { return !v || ir::constant_of(v); }) &&
         !n.inputs.empty();
}

/// Images as convolutions will see them, see passes/choose_layouts.cpp.
void lay_out(kernels::Problem& problem) {
  if (problem.layer->op != "convolution") return;
  for (size_t i : {size_t{0}, size_t{3}})
    if (i < problem.in.size() && problem.in[i].shape.size() >= 3)
      problem.in[i].layout = ir::Layout::kChannelsLast;
  problem.out[0].layout = ir::Layout::kChannelsLast;
}

Support any_kernel(kernels::Problem problem) {
  lay_out(problem);
  std::string reason = "there is no such kernel";
  for (const kernels::KernelImpl* impl :
       kernels::candidates(problem.layer->op, kernels::Device::kCUDA)) {
    const Support s = impl->supports(problem);
    if (s) return s;
    reason = s.reason();
  }
  return Support::no("no CUDA kernel for layer " + problem.layer->op + ": " + reason);
}

/// A graph of the layer and what it reads.
ir::Graph alone(const ir::Node& layer, const ir::SymRanges& ranges) {
  ir::Graph g;
  g.symbols = ranges;
  std::vector<ir::Value*> inputs;
  for (const ir::Value* in : layer.inputs) {
    const ir::ConstantPtr c = ir::constant_of(in);
    inputs.push_back(!in ? nullptr
                     : c ? g.add_constant(c, g.unique_name(in->name))
                         : g.add_input(g.unique_name(in->name), in->type));
  }
  ir::Node* twin = g.create(layer.op, inputs);
  twin->attrs = layer.attrs;
  for (const auto& out : layer.outputs()) twin->add_output(g.unique_name(out->name), out->type);
  return g;
}

Support has_kernel(const ir::Node& layer, const ir::SymRanges& ranges) {
  if (layer.is_constant() || is_view(layer) || is_folded(layer)) return Support::yes();
  if (layer.op == "scale") return Support::yes();  // folded or lowered before kernels are chosen
  kernels::DeviceTarget target;
  target.sm = 90;
  std::set<std::string> names;
  collect(layer, names);
  return any_kernel(make_problem(layer, probe_sizes(names, ranges), 1, &target));
}

Support have_kernels(const ir::Graph& net) {
  for (const auto& node : net.nodes())
    if (Support s = has_kernel(*node, net.symbols); !s) return s;
  return Support::yes();
}

}  // namespace

Support has_cuda_kernel(const ir::Node& layer, const ir::SymRanges& ranges, bool truncate_double) {
  if (!truncate_double || layer.is_constant()) return has_kernel(layer, ranges);
  ir::Graph net = alone(layer, ranges);
  passes::truncate_double(net);
  return have_kernels(net);
}

Support has_cuda_kernels(const ir::Graph& net, bool truncate_double) {
  if (!truncate_double) return have_kernels(net);
  ir::Graph truncated = net.clone();
  passes::truncate_double(truncated);
  return have_kernels(truncated);
}

}  // namespace tenon::engine
