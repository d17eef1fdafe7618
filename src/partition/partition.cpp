// SPDX-License-Identifier: Apache-2.0
#include "partition/partition.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "partition/exclude.h"
#include "partition/unconverted.h"

namespace tenon::partition {
namespace {

using ir::Kind;
using ir::Node;
using ir::Value;

bool is_input(const Value* v) { return v->producer() == nullptr; }

void symbols_of(const ir::SymShape& shape, std::set<std::string>& out) {
  for (const ir::SymDim& d : shape) d.collect_symbols(out);
}

/// Every symbol the node's conversion may need.
std::set<std::string> symbols_of(const Node& n) {
  std::set<std::string> out;
  for (const auto& v : n.outputs()) symbols_of(v->type.shape, out);
  for (const auto& [name, attr] : n.attrs) {
    if (auto* d = std::get_if<ir::SymDim>(&attr)) d->collect_symbols(out);
    if (auto* s = std::get_if<std::vector<ir::SymDim>>(&attr)) symbols_of(*s, out);
  }
  return out;
}

/// Arithmetic and logic on sizes and truths, e.g. what a check of theirs is made of: no effects.
bool is_python_arithmetic(const Node& n) {
  const std::string& op = n.origin.op;
  for (const char* prefix : {"_operator.", "torch.sym_", "math."})
    if (op.rfind(prefix, 0) == 0) return true;
  return false;
}

class Partitioner {
 public:
  Partitioner(const ir::Program& program, const Options& options, const Supports& supports,
              const Demoted& demoted)
      : program_(program), graph_(program.graph), options_(options) {
    find_carriers();
    find_needed();
    for (const auto& node : graph_.nodes())
      if (counted(*node)) classify(*node, supports, demoted);
    order_pinned();
  }

  Plan run() {
    Plan plan;
    assign_levels();
    if (!options_.require_full_compilation)
      while (demote_small()) assign_levels();
    for (const auto& r : reports_) {
      plan.nodes.push_back(r);
      plan.total_ops += 1;
      plan.supported_ops += r.supported;
    }
    if (options_.require_full_compilation) check_full();
    make_segments(plan);
    return plan;
  }

 private:
  // ---- which nodes take part

  bool counted(const Node& n) const {
    return !n.is_constant() && !is_size_node(n) && !is_check(n) && live_.count(&n);
  }

  /// Nodes that something needs: graph outputs, nodes with effects, and backwards from there.
  void find_needed() {
    std::set<const Value*> needed(graph_.outputs.begin(), graph_.outputs.end());
    std::set<std::string> sizes;  // expressions that live nodes have in attributes
    for (auto it = graph_.nodes().rbegin(); it != graph_.nodes().rend(); ++it) {
      const Node& n = **it;
      if (is_check(n)) continue;
      bool used = has_effect(n);
      for (const auto& out : n.outputs())
        used = used || needed.count(out.get()) ||
               (is_size_node(n) && sizes.count(out->type.size.str()));
      if (!used) continue;
      live_.insert(&n);
      size_names(n, sizes);
      for (const Value* in : n.inputs)
        if (in) needed.insert(in);
    }
  }

  bool has_effect(const Node& n) const {
    for (const Value* in : n.inputs)
      if (in && program_.pinned.count(in->name)) return true;
    return n.outputs().empty() || (n.op.rfind("aten::", 0) != 0 && !is_python_arithmetic(n));
  }

  /// Symbols that some user input shows as one of its sizes.
  void find_carriers() {
    for (const auto& in : graph_.inputs()) add_carrier(in.get());
  }

  void add_carrier(const Value* v) {
    if (v->type.kind != Kind::kTensor) return;
    for (const ir::SymDim& d : v->type.shape)
      if (!d.as_symbol().empty()) carriers_.try_emplace(d.as_symbol(), v);
  }

  void classify(const Node& n, const Supports& supports, const Demoted& demoted) {
    NodeReport report{&n, false, "", false};
    Support answer = supports(n);
    report.supported = static_cast<bool>(answer);
    report.reason = answer.reason();
    if (!report.supported) explain_operand(n, &report.reason);
    if (report.supported) report.reason = refusal(n, demoted);
    report.engine = report.reason.empty();
    // What torch computes may be the only one to show a size; no later round moves it to an engine.
    if (!report.engine)
      for (const auto& out : n.outputs()) add_carrier(out.get());
    index_[&n] = reports_.size();
    reports_.push_back(std::move(report));
  }

  /// "operand %x is not a tensor of a supported dtype" leaves open why.
  void explain_operand(const Node& n, std::string* reason) const {
    if (reason->rfind("operand %", 0) != 0) return;
    for (const Value* in : n.inputs) {
      if (!in || in->type.kind != Kind::kOther) continue;
      const auto pin = program_.pinned.find(in->name);
      if (pin != program_.pinned.end()) *reason += ": " + pin->second;
      return;
    }
  }

  /// Why a convertible node stays in torch all the same; "" if it does not.
  std::string refusal(const Node& n, const Demoted& demoted) const {
    Support user = allowed_by_user(program_, n, options_);
    if (!user) return user.reason();
    auto it = demoted.find(&n);
    if (it != demoted.end()) return it->second;
    for (const Value* v : touched(n)) {
      auto pin = program_.pinned.find(v->name);
      if (pin != program_.pinned.end()) return pin->second;
    }
    for (const std::string& s : needed_symbols(n))
      if (!carriers_.count(s))
        return "its size '" + s + "' cannot be read off the shape of any input";
    return "";
  }

  /// Symbols that an engine with this node must know: those of its results and attributes, and
  /// those hidden in expressions in its operands' shapes.
  static std::set<std::string> needed_symbols(const Node& n) {
    std::set<std::string> need = symbols_of(n);
    for (const Value* in : n.inputs) {
      if (!in) continue;
      std::set<std::string> hidden;
      symbols_of(in->type.shape, hidden);
      for (const ir::SymDim& d : in->type.shape) hidden.erase(d.as_symbol());
      need.merge(hidden);
    }
    return need;
  }

  std::vector<const Value*> touched(const Node& n) const {
    std::vector<const Value*> all;
    for (const Value* in : n.inputs)
      if (in) all.push_back(in);
    for (const auto& out : n.outputs()) all.push_back(out.get());
    return all;
  }

  /// Nodes that touch memory which is written to keep their order.
  void order_pinned() {
    const Node* last = nullptr;
    for (const auto& report : reports_) {
      auto all = touched(*report.node);
      if (std::none_of(all.begin(), all.end(),
                       [&](const Value* v) { return program_.pinned.count(v->name) > 0; }))
        continue;
      if (last) after_[report.node] = last;
      last = report.node;
    }
  }

  // ---- levels

  void assign_levels() {
    level_.clear();
    std::map<const Value*, int> at;  // also through size nodes: a torch node may wait for a size
    for (const auto& node : graph_.nodes()) {
      const Node& n = *node;
      int level = 0;
      for (const Value* in : n.inputs)
        if (in && at.count(in)) level = std::max(level, at[in]);
      auto it = index_.find(&n);
      if (it != index_.end()) {
        if (reports_[it->second].engine)
          for (const std::string& symbol : needed_symbols(n))
            if (at.count(carriers_.at(symbol))) level = std::max(level, at[carriers_.at(symbol)]);
        auto order = after_.find(&n);
        if (order != after_.end()) level = std::max(level, level_.at(order->second));
        bool engine = reports_[it->second].engine;
        if ((level % 2 == 0) != engine) ++level;
        level_[&n] = level;
      }
      for (const auto& out : n.outputs()) at[out.get()] = level;
    }
  }

  bool demote_small() {
    std::map<int, int> sizes;
    for (const auto& r : reports_)
      if (r.engine) ++sizes[level_.at(r.node)];
    bool any = false;
    for (auto& r : reports_) {
      if (!r.engine || sizes[level_.at(r.node)] >= options_.min_block_size) continue;
      int ops = sizes[level_.at(r.node)];
      r.engine = false;
      r.reason = detail::concat("its block has ", ops, ops == 1 ? " op" : " ops",
                                ", fewer than min_block_size=", options_.min_block_size);
      any = true;
    }
    return any;
  }

  void check_full() const {
    std::string lines;
    for (const auto& r : reports_)
      if (!r.engine) lines += "\n" + unable_to_convert(r);
    TENON_CHECK(lines.empty(),
                "require_full_compilation is set, but these nodes cannot run in an engine:", lines);
  }

  // ---- segments

  void make_segments(Plan& plan) const {
    std::map<int, Segment> by_level;
    for (const auto& r : reports_) {
      Segment& s = by_level[level_.at(r.node)];
      s.engine = r.engine;
      s.nodes.push_back(r.node);
    }
    for (auto& [level, segment] : by_level) {
      segment.name =
          (segment.engine ? "_run_on_acc_" : "_run_on_gpu_") + std::to_string(plan.segments.size());
      find_inputs(segment);
      plan.segments.push_back(std::move(segment));
    }
    std::set<const Value*> carried;
    for (const Segment& s : plan.segments)
      if (s.engine) carried.insert(s.inputs.begin(), s.inputs.end());
    for (Segment& s : plan.segments) find_outputs(s, carried);
  }

  void find_inputs(Segment& s) const {
    std::set<const Node*> mine(s.nodes.begin(), s.nodes.end());
    std::set<const Value*> seen;
    std::set<std::string> need, shown;
    for (const Node* n : s.nodes) {
      for (const std::string& symbol : symbols_of(*n)) need.insert(symbol);
      for (const Value* in : n->inputs) {
        bool outside = in && (is_input(in) || !mine.count(in->producer()));
        if (!outside || ir::constant_of(in) || !seen.insert(in).second) continue;
        s.inputs.push_back(in);
        for (const ir::SymDim& d : in->type.shape)
          if (!d.as_symbol().empty()) shown.insert(d.as_symbol());
        symbols_of(in->type.shape, need);
      }
    }
    if (!s.engine) return;
    for (const std::string& symbol : need) {
      if (shown.count(symbol)) continue;
      const Value* carrier = carriers_.at(symbol);  // classify() made sure there is one
      if (seen.insert(carrier).second) s.inputs.push_back(carrier);
      for (const ir::SymDim& d : carrier->type.shape)
        if (!d.as_symbol().empty()) shown.insert(d.as_symbol());
    }
  }

  /// `wanted`: inputs of engines, among them values that are there for their sizes alone.
  void find_outputs(Segment& s, std::set<const Value*> wanted) const {
    std::set<const Node*> mine(s.nodes.begin(), s.nodes.end());
    wanted.insert(graph_.outputs.begin(), graph_.outputs.end());
    for (const auto& node : graph_.nodes()) {
      if (mine.count(node.get()) || !(index_.count(node.get()) || is_needed_size(*node))) continue;
      wanted.insert(node->inputs.begin(), node->inputs.end());
    }
    std::set<const Value*> added;
    const auto add = [&](const Value* v) {
      if (added.insert(v).second) s.outputs.push_back(v);
    };
    // What the program returns comes first, in its order: the order of a plan's outputs.
    for (const Value* v : graph_.outputs)
      if (mine.count(v->producer())) add(v);
    for (const Node* n : s.nodes)
      for (const auto& out : n->outputs())
        if (wanted.count(out.get())) add(out.get());
  }

  /// Size nodes are evaluated at the top level only if torch or the caller wants the number.
  bool is_needed_size(const Node& n) const {
    return is_size_node(n) && sizes_in_torch().count(&n) > 0;
  }

  const std::set<const Node*>& sizes_in_torch() const {
    if (sizes_known_) return sizes_in_torch_;
    std::set<const Value*> wanted(graph_.outputs.begin(), graph_.outputs.end());
    for (const auto& r : reports_)
      if (!r.engine) wanted.insert(r.node->inputs.begin(), r.node->inputs.end());
    std::set<std::string> by_name = size_names_in_torch();
    for (auto it = graph_.nodes().rbegin(); it != graph_.nodes().rend(); ++it) {
      if (!is_size_node(**it)) continue;
      bool used = false;
      for (const auto& out : (*it)->outputs())
        used = used || wanted.count(out.get()) || by_name.count(out->type.size.str());
      if (!used) continue;
      sizes_in_torch_.insert(it->get());
      wanted.insert((*it)->inputs.begin(), (*it)->inputs.end());
    }
    sizes_known_ = true;
    return sizes_in_torch_;
  }

  /// Torch nodes hold sizes as expressions in attributes; any node of that value may be meant.
  std::set<std::string> size_names_in_torch() const {
    std::set<std::string> names;
    for (const auto& r : reports_) {
      if (!r.engine) size_names(*r.node, names);
    }
    return names;
  }

  static void size_names(const Node& n, std::set<std::string>& names) {
    for (const auto& [name, attr] : n.attrs) {
      if (auto* d = std::get_if<ir::SymDim>(&attr)) names.insert(d->str());
      if (auto* list = std::get_if<std::vector<ir::SymDim>>(&attr))
        for (const ir::SymDim& d : *list) names.insert(d.str());
    }
  }

  const ir::Program& program_;
  const ir::Graph& graph_;
  const Options& options_;
  std::vector<NodeReport> reports_;
  std::map<const Node*, size_t> index_;
  std::map<const Node*, int> level_;
  std::map<const Node*, const Node*> after_;
  std::map<std::string, const Value*> carriers_;
  std::set<const Node*> live_;
  mutable std::set<const Node*> sizes_in_torch_;
  mutable bool sizes_known_ = false;
};

}  // namespace

bool is_size_node(const Node& n) {
  if (n.outputs().empty()) return false;
  return std::all_of(n.outputs().begin(), n.outputs().end(),
                     [](const auto& v) { return v->type.kind == Kind::kSize; });
}

bool is_check(const Node& n) {
  return n.op.rfind("aten::_assert", 0) == 0 || n.op.rfind("aten::sym_constrain_range", 0) == 0;
}

Plan partition(const ir::Program& program, const Options& options, const Supports& supports,
               const Demoted& demoted) {
  return Partitioner(program, options, supports, demoted).run();
}

}  // namespace tenon::partition
