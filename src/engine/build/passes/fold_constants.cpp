// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "engine/build/passes/passes.h"
#include "engine/run/sizes.h"
#include "kernels/kernel.h"

namespace tenon::engine::passes {
namespace {

constexpr size_t kEagerBytes = 64 << 10;  // bigger results are computed when they are packed
constexpr int64_t kMaxGenerated = 4096;  // fill and range make data out of nothing: only small ones

bool is_generator(const ir::Node& n) {
  return n.op == "fill" || n.op == "range" || n.op == "size_of";
}

/// A slice of a constant may begin at a run-time size.
bool has_symbols(const ir::Node& n) {
  for (const auto& [name, attr] : n.attrs)
    if (auto* sizes = std::get_if<ir::SymShape>(&attr); sizes && !ir::is_static(*sizes))
      return true;
  return false;
}

bool foldable(const ir::Node& n) {
  if (n.is_constant() || n.outputs().size() != 1 || has_symbols(n)) return false;
  const ir::Type& type = n.output()->type;
  if (!ir::is_static(type.shape) || size_of(type.dtype) == 0) return false;
  if (is_generator(n)) {
    int64_t count = 1;
    for (const ir::SymDim& d : type.shape) count *= d.value();
    return count <= kMaxGenerated;
  }
  if (n.inputs.empty()) return false;
  size_t in_bytes = 0;
  for (const ir::Value* in : n.inputs) {
    ir::ConstantPtr c = ir::constant_of(in);
    if (in && (!c || !c->has_data() || !c->format.empty())) return false;
    if (c) in_bytes += c->bytes;
  }
  // An expand would write a small tensor many times over; its consumers broadcast better.
  int64_t out_bytes = static_cast<int64_t>(size_of(type.dtype));
  for (const ir::SymDim& d : type.shape) out_bytes *= d.value();
  return static_cast<size_t>(out_bytes) <= std::max<size_t>(2 * in_bytes, kEagerBytes);
}

const kernels::KernelImpl& folding_kernel(const kernels::Problem& p) {
  for (const kernels::KernelImpl* impl : kernels::candidates(p.layer->op))
    if (impl->priority() < 100 && impl->supports(p))
      return *impl;  // not those that want packed weights
  throw Error(detail::concat("no kernel can fold ", ir::describe(*p.layer)));
}

/// Evaluates the single layer of `graph`, whose inputs are its constants.
void evaluate(const ir::Graph& graph, void* out) {
  const ir::Node* layer = graph.nodes().back().get();
  kernels::Problem problem = make_problem(*layer, {}, 1);
  std::vector<std::shared_ptr<const void>> keep;
  std::vector<const void*> in;
  for (size_t i = 0; i < layer->inputs.size(); ++i) {
    ir::ConstantPtr c = ir::constant_of(layer->inputs[i]);
    keep.push_back(c ? c->materialise() : nullptr);
    in.push_back(keep.back().get());
    problem.in[i].data = in.back();
  }
  std::unique_ptr<kernels::Kernel> kernel = folding_kernel(problem).prepare(problem);
  std::vector<char> scratch(kernel->scratch_bytes + 64);
  void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
  void* outs[] = {out};
  kernel->run({in.data(), outs, aligned});
}

/// A graph of just this layer and its constants, so that a lazy constant owns what it needs.
std::shared_ptr<ir::Graph> isolate(const ir::Node& n) {
  auto graph = std::make_shared<ir::Graph>();
  std::vector<ir::Value*> inputs;
  for (const ir::Value* in : n.inputs)
    inputs.push_back(in ? graph->add_constant(ir::constant_of(in), in->name) : nullptr);
  ir::Node* twin = graph->create(n.op, inputs);
  twin->attrs = n.attrs;
  twin->add_output(n.output()->name, n.output()->type);
  return graph;
}

ir::ConstantPtr fold(const ir::Node& n) {
  auto c = std::make_shared<ir::Constant>();
  c->dtype = n.output()->type.dtype;
  c->name = n.output()->name;
  c->bytes = size_of(c->dtype);
  for (const ir::SymDim& d : n.output()->type.shape) {
    c->shape.push_back(d.value());
    c->bytes *= static_cast<size_t>(d.value());
  }
  c->fill = [graph = isolate(n)](void* out) { evaluate(*graph, out); };
  if (c->bytes <= kEagerBytes) {
    c->data = c->materialise();
    c->fill = nullptr;
  }
  return c;
}

}  // namespace

bool fold_constants(ir::Graph& g) {
  bool changed = false;
  for (auto it = g.nodes().begin(); it != g.nodes().end();) {
    ir::Node* node = (it++)->get();
    if (!foldable(*node)) continue;
    ir::ConstantPtr folded = with_frame([&] { return "while folding " + ir::describe(*node); },
                                        [&] { return fold(*node); });
    ir::Value* v = g.add_constant(folded, node->output()->name + ".folded");
    replace_and_erase(g, node->output(), v);
    changed = true;
  }
  g.remove_dead();
  return changed;
}

}  // namespace tenon::engine::passes
