// SPDX-License-Identifier: Apache-2.0
#include "ir/graph.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/buffer.h"
#include "base/error.h"

namespace tenon::ir {

// ---- constants

std::shared_ptr<const void> Constant::materialise() const {
  if (data) return data;
  TENON_CHECK(fill, "constant '", name, "' has no data: it belongs to a probe network");
  std::shared_ptr<void> buffer = make_buffer(bytes);
  fill(buffer.get());
  return buffer;
}

ConstantPtr make_constant(DataType dtype, std::vector<int64_t> shape, const void* data) {
  auto c = std::make_shared<Constant>();
  c->dtype = dtype;
  size_t count = 1;
  for (int64_t d : shape) count *= static_cast<size_t>(d);
  c->bytes = count * size_of(dtype);
  c->shape = std::move(shape);
  std::shared_ptr<void> copy(::operator new(std::max<size_t>(c->bytes, 1), std::align_val_t{64}),
                             [](void* p) { ::operator delete(p, std::align_val_t{64}); });
  if (c->bytes) std::memcpy(copy.get(), data, c->bytes);
  c->data = std::move(copy);
  return c;
}

ConstantPtr constant_of(const Value* v) {
  if (!v || !v->producer() || !v->producer()->is_constant()) return nullptr;
  return v->producer()->get<ConstantPtr>("data");
}

// ---- node

const Attr* Node::find(const std::string& name) const {
  for (const auto& [key, value] : attrs)
    if (key == name) return &value;
  return nullptr;
}

void Node::set(const std::string& name, Attr value) {
  for (auto& [key, old] : attrs) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  attrs.emplace_back(name, std::move(value));
}

void Node::erase_attr(const std::string& name) {
  std::erase_if(attrs, [&](const auto& a) { return a.first == name; });
}

Value* Node::add_output(std::string name, Type type) {
  auto v = std::make_unique<Value>();
  v->name = std::move(name);
  v->type = std::move(type);
  v->producer_ = this;
  v->index_ = static_cast<int>(outputs_.size());
  outputs_.push_back(std::move(v));
  return outputs_.back().get();
}

void Node::bad_attr(const std::string& name, bool present) const {
  if (!present) throw Error(detail::concat(describe(*this), " has no attribute '", name, "'"));
  throw Error(detail::concat(describe(*this), ": attribute '", name, "' is ", str(*find(name)),
                             ", which is of another type than wanted"));
}

std::string describe(const Node& node) {
  std::string text;
  if (!node.outputs().empty()) text += "%" + node.output()->name + " ";
  text += node.op;
  std::string where = node.origin.module;
  if (!node.origin.location.empty()) where += (where.empty() ? "" : ", ") + node.origin.location;
  if (!where.empty()) text += " (" + where + ")";
  return text;
}

std::string str(const Type& type) {
  if (type.kind == Kind::kSize) return "size<" + type.size.str() + ">";
  if (type.kind == Kind::kOther) return "other";
  return std::string(name_of(type.dtype)) + str(type.shape);
}

// ---- graph

Value* Graph::add_input(std::string name, Type type) {
  auto v = std::make_unique<Value>();
  v->name = unique_name(name);
  v->type = std::move(type);
  v->index_ = static_cast<int>(inputs_.size());
  inputs_.push_back(std::move(v));
  return inputs_.back().get();
}

void Graph::erase_input(size_t i) {
  inputs_.erase(inputs_.begin() + static_cast<std::ptrdiff_t>(i));
  for (size_t k = i; k < inputs_.size(); ++k) inputs_[k]->index_ = static_cast<int>(k);
}

namespace {
Graph::NodeList::iterator position(Graph::NodeList& nodes, const Node* node) {
  if (!node) return nodes.end();
  auto it =
      std::find_if(nodes.begin(), nodes.end(), [&](const auto& n) { return n.get() == node; });
  TENON_ASSERT(it != nodes.end(), "node is not in this graph");
  return it;
}
}  // namespace

Node* Graph::create(std::string op, std::vector<Value*> inputs, const Node* before) {
  auto node = std::make_unique<Node>();
  node->op = std::move(op);
  node->inputs = std::move(inputs);
  return nodes_.insert(position(nodes_, before), std::move(node))->get();
}

Value* Graph::add_constant(ConstantPtr data, std::string name, const Node* before) {
  TENON_ASSERT(data);
  if (!before && !nodes_.empty()) before = nodes_.front().get();
  if (name.empty()) name = data->name.empty() ? "constant" : data->name;
  Type type{Kind::kTensor, data->dtype, {}, {}};
  for (int64_t d : data->shape) type.shape.emplace_back(d);
  Node* node = create("constant", {}, before);
  node->set("data", std::move(data));
  return node->add_output(unique_name(name), std::move(type));
}

void Graph::erase(Node* node) { nodes_.erase(position(nodes_, node)); }

void Graph::move_before(Node* node, const Node* before) {
  nodes_.splice(position(nodes_, before), nodes_, position(nodes_, node));
}

void Graph::replace_uses(Value* from, Value* to) {
  for (auto& node : nodes_)
    for (Value*& in : node->inputs)
      if (in == from) in = to;
  for (Value*& out : outputs)
    if (out == from) out = to;
}

std::unordered_map<const Value*, int> Graph::use_counts() const {
  std::unordered_map<const Value*, int> counts;
  for (const auto& node : nodes_)
    for (const Value* in : node->inputs)
      if (in) ++counts[in];
  for (const Value* out : outputs) ++counts[out];
  return counts;
}

std::unordered_map<const Value*, std::vector<Node*>> Graph::users() const {
  std::unordered_map<const Value*, std::vector<Node*>> users;
  for (const auto& node : nodes_)
    for (const Value* in : node->inputs)
      if (in) users[in].push_back(node.get());
  return users;
}

int Graph::remove_dead() {
  auto counts = use_counts();
  int removed = 0;
  for (auto it = nodes_.end(); it != nodes_.begin();) {
    --it;
    const auto& outs = (*it)->outputs();
    bool used =
        std::any_of(outs.begin(), outs.end(), [&](const auto& v) { return counts[v.get()] > 0; });
    if (used) continue;
    for (const Value* in : (*it)->inputs)
      if (in) --counts[in];
    it = nodes_.erase(it);
    ++removed;
  }
  return removed;
}

void Graph::sort() {
  std::set<const Value*> ready;
  for (const auto& in : inputs_) ready.insert(in.get());
  NodeList sorted;
  while (!nodes_.empty()) {
    size_t before = sorted.size();
    for (auto it = nodes_.begin(); it != nodes_.end();) {
      const auto& ins = (*it)->inputs;
      bool ok =
          std::all_of(ins.begin(), ins.end(), [&](const Value* v) { return !v || ready.count(v); });
      if (!ok) {
        ++it;
        continue;
      }
      for (const auto& out : (*it)->outputs()) ready.insert(out.get());
      auto next = std::next(it);
      sorted.splice(sorted.end(), nodes_, it);
      it = next;
    }
    TENON_ASSERT(sorted.size() > before, "the graph has a cycle");
  }
  nodes_ = std::move(sorted);
}

std::string Graph::unique_name(const std::string& base) {
  auto [it, fresh] = names_.try_emplace(base, 0);
  if (fresh) return base;
  std::string name;
  do {
    name = base + "_" + std::to_string(++it->second);
  } while (names_.count(name));
  names_.emplace(name, 0);
  return name;
}

Graph Graph::clone(std::unordered_map<const Value*, Value*>* map) const {
  Graph copy;
  std::unordered_map<const Value*, Value*> local;
  auto& values = map ? *map : local;
  copy.symbols = symbols;
  copy.names_ = names_;
  copy.output_names = output_names;
  for (const auto& in : inputs_) {
    auto v = std::make_unique<Value>(*in);
    values[in.get()] = v.get();
    copy.inputs_.push_back(std::move(v));
  }
  for (const auto& node : nodes_) {
    std::vector<Value*> ins;
    for (const Value* in : node->inputs) ins.push_back(in ? values.at(in) : nullptr);
    auto twin = std::make_unique<Node>();
    twin->op = node->op;
    twin->inputs = std::move(ins);
    twin->origin = node->origin;
    twin->attrs = node->attrs;
    for (const auto& out : node->outputs()) {
      Value* v = twin->add_output(out->name, out->type);
      v->layout = out->layout;
      values[out.get()] = v;
    }
    copy.nodes_.push_back(std::move(twin));
  }
  for (const Value* out : outputs) copy.outputs.push_back(values.at(out));
  return copy;
}

}  // namespace tenon::ir
