// SPDX-License-Identifier: Apache-2.0
// Changes to layers that exist: what they invalidate, new inputs, attributes.
#include <algorithm>

#include "base/error.h"
#include "net/network_impl.h"
#include "net/rules.h"

namespace tenon {

LayerState* NetworkImpl::state_of(const ir::Node* node) const {
  const auto it = state_of_.find(node);
  return it == state_of_.end() ? nullptr : it->second;
}

bool NetworkImpl::depends_on(const ir::Node& node,
                             const std::unordered_set<const ir::Value*>& values) const {
  const auto hit = [&](const ir::Value* v) { return values.count(v) > 0; };
  if (std::any_of(node.inputs.begin(), node.inputs.end(), hit)) return true;
  const LayerState* state = state_of(&node);
  return state && std::any_of(state->reads.begin(), state->reads.end(),
                              [&](const auto& read) { return hit(read.second); });
}

/// One pass over the graph; true if it may need another, because a layer that was invalidated is
/// read by one that stands before it (reads are no edges of the graph's order).
bool NetworkImpl::grow_stale(std::unordered_set<const ir::Value*>& stale) {
  bool again = false;
  for (const auto& node : graph.nodes()) {
    if (!depends_on(*node, stale) || !valid_.erase(node.get())) continue;
    for (const auto& out : node->outputs()) stale.insert(out.get());
    again = true;
  }
  return again && has_reads_;
}

void NetworkImpl::forget(std::unordered_set<const ir::Value*> stale) {
  while (grow_stale(stale)) continue;
}

void NetworkImpl::invalidate_users(const ir::Value* value) { forget({value}); }

void NetworkImpl::invalidate(const ir::Node* node) {
  if (!valid_.erase(node)) return;
  std::unordered_set<const ir::Value*> stale;
  for (const auto& out : node->outputs()) stale.insert(out.get());
  forget(std::move(stale));
}

void NetworkImpl::set_input(LayerState& layer, size_t index, ITensor& tensor) {
  ir::Value* v = value(tensor);
  const auto number = static_cast<int32_t>(index);
  const bool shape = net::shape_input(layer.node->op, number) != nullptr;
  TENON_CHECK(shape || index < layer.node->inputs.size(), net::title(layer), " has no input ",
              index, ", wanted 0 to ", static_cast<int64_t>(layer.node->inputs.size()) - 1);
  std::unordered_set<const ir::Value*> downstream;
  for (const auto& out : layer.node->outputs()) downstream.insert(out.get());
  for (size_t before = 0; before != downstream.size();) {
    before = downstream.size();
    for (const auto& node : graph.nodes())
      if (depends_on(*node, downstream))
        for (const auto& out : node->outputs()) downstream.insert(out.get());
  }
  TENON_CHECK(!downstream.count(v), net::title(layer), ": input ", index, " cannot be '", v->name,
              "', which is computed from this layer");
  invalidate(layer.node);
  if (shape) {
    has_reads_ = true;
    layer.reads[number] = v;
    return;
  }
  layer.node->inputs[index] = v;
  graph.sort();
}

void NetworkImpl::set_attr(LayerState& layer, const std::string& name, ir::Attr value) {
  invalidate(layer.node);
  std::erase_if(layer.reads, [&](const auto& read) {
    const char* given = net::shape_input(layer.node->op, read.first);
    return given && name == given;
  });
  layer.permutations.erase(name);
  with_frame([&] { return "in " + net::title(layer); },
             [&] { net::set_attr(*layer.node, name, std::move(value)); });
  if (name != "reshape_dims") return;
  layer.node->set("has_reshape", true);
  layer.reshape = layer.node->get<ir::SymShape>(name);
}

ir::Attr NetworkImpl::attr(LayerState& layer, const std::string& name) {
  const ir::Attr* a = layer.node->find(name);
  TENON_CHECK(a, net::title(layer), " has no attribute \"", name, "\"");
  if (layer.reshape || !layer.permutations.empty() || !layer.reads.empty())
    ensure(layer.node->output());
  return *layer.node->find(name);
}

}  // namespace tenon
