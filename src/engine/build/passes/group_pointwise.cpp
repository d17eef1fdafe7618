// SPDX-License-Identifier: Apache-2.0
// Pointwise layers of one output shape whose intermediate values nobody else reads become one
// "pointwise" layer: one pass over memory instead of one per op. Scalar constants become
// immediates.
#include <algorithm>
#include <map>
#include <set>

#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

constexpr size_t kMaxInputs = 8;
constexpr size_t kMaxInstructions = 32;

bool is_pointwise(const ir::Node& n) {
  if (n.outputs().size() != 1 || size_of(n.output()->type.dtype) == 0) return false;
  return n.op == "elementwise" || n.op == "unary" || n.op == "activation" || n.op == "select" ||
         n.op == "cast";
}

std::string number(double v) { return ir::str(ir::Attr{v}); }

/// The group that ends in one node.
class Group {
 public:
  Group(ir::Graph& g, ir::Node* root, const std::unordered_map<const ir::Value*, int>& counts)
      : g_(g), root_(root) {
    nodes_ = {root};
    grow(counts);
  }

  size_t size() const { return nodes_.size(); }

  /// Replaces the group by one layer.
  void emit() {
    std::vector<ir::Node*> order;
    for (const auto& n : g_.nodes())
      if (nodes_.count(n.get())) order.push_back(n.get());
    std::map<const ir::Value*, std::string> names;
    for (ir::Node* n : order) names[n->output()] = instruction(*n, names);
    ir::Node* fused = net::add_layer(g_, "pointwise", inputs_, {{"program", program_}},
                                     root_->output()->name, root_);
    for (ir::Node* n : order) add_origin(*fused, *n);
    g_.replace_uses(root_->output(), fused->output());
    std::string name = root_->output()->name;
    for (auto it = order.rbegin(); it != order.rend(); ++it) g_.erase(*it);
    fused->output()->name = name;
  }

 private:
  /// Takes in producers, nearest first, while the limits hold.
  void grow(const std::unordered_map<const ir::Value*, int>& counts) {
    bool more = true;
    while (more && nodes_.size() < kMaxInstructions) {
      more = false;
      for (ir::Node* n : std::set<ir::Node*>(nodes_)) {
        for (ir::Value* in : n->inputs) {
          ir::Node* p = in ? in->producer() : nullptr;
          if (!p || nodes_.count(p) || !can_take(*p, counts)) continue;
          nodes_.insert(p);
          if (count_inputs() > kMaxInputs) {
            nodes_.erase(p);
          } else {
            more = true;
          }
        }
      }
    }
  }

  bool can_take(const ir::Node& p, const std::unordered_map<const ir::Value*, int>& counts) const {
    if (!is_pointwise(p) || p.output()->type.shape != root_->output()->type.shape) return false;
    int inside = 0;  // every use must be in the group
    for (const ir::Node* n : nodes_)
      inside += static_cast<int>(std::count(n->inputs.begin(), n->inputs.end(), p.output()));
    return inside == counts.at(p.output());
  }

  size_t count_inputs() const {
    std::set<const ir::Value*> outside;
    for (const ir::Node* n : nodes_)
      for (const ir::Value* in : n->inputs)
        if (in && !(in->producer() && nodes_.count(in->producer())) && !is_immediate(in))
          outside.insert(in);
    return outside.size();
  }

  std::string add_instruction(const std::string& text) {
    program_.push_back(text);
    return "t" + std::to_string(program_.size() - 1);
  }

  std::string operand(ir::Value* v, std::map<const ir::Value*, std::string>& names) {
    auto it = names.find(v);
    if (it != names.end()) return it->second;
    double scalar;
    if (is_immediate(v) && scalar_value(v, &scalar))
      return names[v] = add_instruction("const " + number(scalar) + " " + name_of(v->type.dtype));
    inputs_.push_back(v);
    return names[v] = "i" + std::to_string(inputs_.size() - 1);
  }

  /// An operand of the output's rank stays one: it may be what gives the output that rank.
  bool is_immediate(const ir::Value* v) const {
    double scalar;
    return v->type.shape.size() < root_->output()->type.shape.size() && scalar_value(v, &scalar) &&
           exact(scalar, v->type.dtype);
  }

  /// Immediates travel as doubles; 64-bit integers beyond 2^53 would not.
  static bool exact(double v, DataType t) {
    return t != DataType::kINT64 || (v > -9e15 && v < 9e15);
  }

  std::string instruction(const ir::Node& n, std::map<const ir::Value*, std::string>& names) {
    std::string operands;
    for (ir::Value* in : n.inputs) operands += " " + operand(in, names);
    if (n.op == "select") return add_instruction("select" + operands);
    if (n.op == "cast")
      return add_instruction("cast" + operands + " " + name_of(n.output()->type.dtype));
    if (n.op != "activation") return add_instruction(n.get<std::string>("operation") + operands);
    return add_instruction(n.get<std::string>("type") + operands + " " +
                           number(n.get<double>("alpha")) + " " + number(n.get<double>("beta")));
  }

  ir::Graph& g_;
  ir::Node* root_;
  std::set<ir::Node*> nodes_;
  std::vector<ir::Value*> inputs_;
  std::vector<std::string> program_;
};

/// Last to first, so that a group ends where it can grow most. Returns whether one was made.
bool group_once(ir::Graph& g) {
  auto counts = g.use_counts();
  for (auto it = g.nodes().rbegin(); it != g.nodes().rend(); ++it) {
    if (!is_pointwise(**it)) continue;
    Group group(g, it->get(), counts);
    if (group.size() < 2) continue;
    group.emit();
    return true;
  }
  return false;
}

}  // namespace

bool group_pointwise(ir::Graph& g) {
  bool changed = false;
  while (group_once(g)) changed = true;
  g.remove_dead();
  return changed;
}

}  // namespace tenon::engine::passes
