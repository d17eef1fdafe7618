// SPDX-License-Identifier: Apache-2.0
#include "engine/run/storage.h"

#include <algorithm>
#include <set>

#include "base/error.h"

namespace tenon::engine {

bool is_view(const ir::Node& node) {
  const ir::Value* in = node.input(0);
  if (!in || in->layout != node.output()->layout) return false;
  if (node.op == "identity") return true;
  if (node.op != "shuffle" || in->layout != ir::Layout::kPlain) return false;
  return node.get<std::vector<int64_t>>("first_transpose").empty() &&
         node.get<std::vector<int64_t>>("second_transpose").empty();
}

std::vector<size_t> shared_outputs(const ir::Graph& graph) {
  std::unordered_map<const ir::Value*, const ir::Value*> root;
  auto root_of = [&](const ir::Value* v) {
    auto it = root.find(v);
    return it == root.end() ? v : it->second;
  };
  for (const auto& node : graph.nodes())
    if (!node->is_constant() && is_view(*node)) root[node->output()] = root_of(node->input(0));
  std::vector<size_t> shared;
  std::set<const ir::Value*> taken;
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const ir::Value* r = root_of(graph.outputs[i]);
    bool own = r->producer() && !r->producer()->is_constant() && taken.insert(r).second;
    if (!own) shared.push_back(i);
  }
  return shared;
}

StoragePlan::StoragePlan(const ir::Graph& graph, const std::vector<Step>& steps,
                         const std::vector<kernels::Problem>& problems) {
  auto root_of = [&](const ir::Value* v) {
    auto it = root_.find(v);
    return it == root_.end() ? v : it->second;
  };
  for (const auto& node : graph.nodes())
    if (is_view(*node)) root_[node->output()] = root_of(node->input(0));
  find_last_uses(graph, steps);
  place_bindings(graph);
  place_steps(steps, problems);
  place_arena();
  for (const auto& [view, root] : root_) of_[view] = of_.at(root);
}

void StoragePlan::find_last_uses(const ir::Graph& graph, const std::vector<Step>& steps) {
  auto root_of = [&](const ir::Value* v) {
    auto it = root_.find(v);
    return it == root_.end() ? v : it->second;
  };
  for (size_t i = 0; i < steps.size(); ++i)
    for (const ir::Value* in : steps[i].node->inputs)
      if (in) last_use_[root_of(in)] = static_cast<int>(i);
  for (const ir::Value* out : graph.outputs)
    last_use_[root_of(out)] = static_cast<int>(steps.size());
}

uint32_t StoragePlan::add(Storage s) {
  storages_.push_back(s);
  return static_cast<uint32_t>(storages_.size() - 1);
}

void StoragePlan::place_bindings(const ir::Graph& graph) {
  for (size_t i = 0; i < graph.inputs().size(); ++i)
    of_[graph.inputs()[i].get()] = add({{Slot::Where::kInput, i, nullptr}});
  for (const auto& node : graph.nodes())
    if (ir::ConstantPtr c = ir::constant_of(node->output()))
      of_[node->output()] = add({{Slot::Where::kConstant, 0, c->data.get()}});
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const ir::Value* out = graph.outputs[i];
    auto it = root_.find(out);
    const ir::Value* root = it == root_.end() ? out : it->second;
    // The builder puts a copy where an output is an input, a constant or another output.
    TENON_ASSERT(!of_.count(root), "output %", out->name, " shares memory with another binding");
    of_[root] = add({{Slot::Where::kOutput, i, nullptr}});
  }
}

bool StoragePlan::reuse_input(const Step& step, const kernels::Problem& problem, int at) {
  for (size_t i = 0; i < step.node->inputs.size(); ++i) {
    const ir::Value* in = step.node->inputs[i];
    if (!in) continue;
    auto it = root_.find(in);
    const ir::Value* root = it == root_.end() ? in : it->second;
    uint32_t id = of_.at(root);
    Storage& s = storages_[id];
    if (s.slot.where != Slot::Where::kArena || last_use_[root] != at || s.last > at) continue;
    // Another input may read the same memory in another order.
    if (std::count_if(step.node->inputs.begin(), step.node->inputs.end(), [&](const ir::Value* v) {
          if (!v) return false;
          auto r = root_.find(v);
          return of_.at(r == root_.end() ? v : r->second) == id;
        }) != 1)
      continue;
    if (problem.in[i].bytes() != problem.out[0].bytes() || !step.impl->in_place(problem, i))
      continue;
    of_[step.node->output()] = id;
    s.last = std::max(at, last_use_[step.node->output()]);
    return true;
  }
  return false;
}

void StoragePlan::place_steps(const std::vector<Step>& steps,
                              const std::vector<kernels::Problem>& problems) {
  for (size_t i = 0; i < steps.size(); ++i) {
    int at = static_cast<int>(i);
    const auto& outs = steps[i].node->outputs();
    for (size_t k = 0; k < outs.size(); ++k) {
      const ir::Value* out = outs[k].get();
      if (of_.count(out)) continue;  // an engine output
      if (k == 0 && reuse_input(steps[i], problems[i], at)) continue;
      Storage s{{Slot::Where::kArena, 0, nullptr}};
      s.bytes = problems[i].out[k].bytes();
      s.first = at;
      s.last = last_use_.count(out) ? std::max(at, last_use_[out]) : at;
      of_[out] = add(s);
    }
  }
}

void StoragePlan::place_arena() {
  std::vector<Lifetime> lifetimes;
  std::vector<Storage*> owners;
  for (Storage& s : storages_) {
    if (s.slot.where != Slot::Where::kArena) continue;
    lifetimes.push_back({s.bytes, s.first, s.last});
    owners.push_back(&s);
  }
  ArenaPlan plan = plan_arena(lifetimes);
  for (size_t i = 0; i < owners.size(); ++i) owners[i]->slot.index = plan.offsets[i];
  arena_bytes_ = plan.bytes;
}

std::vector<Slot> StoragePlan::slots() const {
  std::vector<Slot> slots;
  for (const Storage& s : storages_) slots.push_back(s.slot);
  return slots;
}

}  // namespace tenon::engine
