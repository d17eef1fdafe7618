// SPDX-License-Identifier: Apache-2.0
// One walk in program order. An in-place op is rewritten if no other name of the memory that it
// writes is used later: then nobody can see that its result is a new tensor. Every later use of the
// written value means the result. Otherwise everything that may share the memory is pinned.
#include "frontends/export/functionalise.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "frontends/export/alias_ops.h"
#include "frontends/export/alias_sets.h"

namespace tenon::frontends {
namespace {

using ir::Kind;
using ir::Node;
using ir::Value;

bool is_memory(const Value* v) { return v && v->type.kind != Kind::kSize; }

int category(DataType t) {
  switch (t) {
    case DataType::kBOOL:
      return 0;
    case DataType::kFLOAT:
    case DataType::kHALF:
    case DataType::kBF16:
    case DataType::kFP8:
    case DataType::kDOUBLE:
      return 2;
    default:
      return 1;
  }
}

class Functionaliser {
 public:
  explicit Functionaliser(ir::Program& program) : program_(program), graph_(program.graph) {}

  void run() {
    collect_uses();
    mark_external();
    int index = 0;
    for (auto& node : graph_.nodes()) visit(*node, index++);
    finish();
  }

 private:
  void collect_uses() {
    int index = 0;
    for (const auto& node : graph_.nodes()) {
      for (const Value* v : node->inputs) last_use_[v] = index;
      ++index;
    }
    for (const Value* v : graph_.outputs) last_use_[v] = index;
  }

  void mark_external() {
    for (const auto& in : graph_.inputs()) own(in.get());
    for (const auto& node : graph_.nodes()) {
      const bool stored =
          node->inputs.empty() && (node->is_constant() || node->op == "prim::constant");
      for (const auto& out : node->outputs()) {
        if (stored)
          own(out.get());
        else
          sets_.of(out.get()).pinned = written_back(out.get());
      }
    }
  }

  void own(const Value* v) {
    auto& set = sets_.of(v);
    set.external = v->name;
    set.pinned = written_back(v);
  }

  /// Values that the signature writes back into an input or buffer are pinned already; what shares
  /// memory with them is pinned too. Other pinned values (say, of complex type) are not written.
  std::string written_back(const Value* v) const {
    auto it = program_.pinned.find(v->name);
    const bool written = it != program_.pinned.end() && it->second.starts_with("written back");
    return written ? it->second : "";
  }

  Value* resolve(Value* v) const {
    for (auto it = replaced_.find(v); it != replaced_.end(); it = replaced_.find(v)) v = it->second;
    return v;
  }

  void visit(Node& node, int index) {
    for (Value*& v : node.inputs) v = resolve(v);
    const OpName op(node.op);
    pin_side_writes(node, op);
    Value* target = first_tensor(node);
    if (target && is_in_place(op)) {
      const std::string obstacle = rewrite_obstacle(node, op, target, index);
      if (obstacle.empty()) return rewrite(node, op, target, index);
      pin_in_place(node, target, obstacle);
    } else if (target && may_alias(op)) {
      for (const auto& out : node.outputs()) {
        if (!is_memory(out.get())) continue;
        sets_.join(target, out.get());
        if (!aliases_all_arguments(op)) continue;
        for (const Value* in : node.inputs) {
          if (is_memory(in)) sets_.join(in, out.get());
        }
      }
    }
  }

  /// The argument that an in-place op writes or a view looks into.
  static Value* first_tensor(const Node& node) {
    for (Value* v : node.inputs) {
      if (is_memory(v)) return v;
    }
    return nullptr;
  }

  std::string rewrite_obstacle(const Node& node, const OpName& op, const Value* target, int index) {
    OpName twin = op;
    if (!functional_twin(op, &twin)) return "it has no functional form that is known here";
    if (node.outputs().size() != 1 || !(node.output()->type == target->type) ||
        target->type.kind != Kind::kTensor) {
      return "its result is not of the same type as the tensor that it writes";
    }
    const auto& set = sets_.of(target);
    if (!set.external.empty()) return "the memory is that of '" + set.external + "'";
    if (!set.pinned.empty()) return set.pinned;
    for (const Value* v : set.members) {
      if (v != target && last_use(v) > index) {
        return "'" + v->name + "' may share the memory and is used later";
      }
    }
    return keeps_dtype(twin) ? "" : dtype_obstacle(node, target);
  }

  /// In place, the result has the target's dtype; the functional op follows type promotion.
  static std::string dtype_obstacle(const Node& node, const Value* target) {
    const ir::Type& t = target->type;
    for (const Value* v : node.inputs) {
      if (v == target || !v || v->type.kind == Kind::kSize) continue;
      const bool tensor = v->type.kind == Kind::kTensor;
      const bool lower = tensor && category(v->type.dtype) < category(t.dtype);
      const bool number = tensor && v->type.shape.empty() && !t.shape.empty() &&
                          category(v->type.dtype) <= category(t.dtype);
      if (tensor && (v->type.dtype == t.dtype || lower || number)) continue;
      return "type promotion with '" + v->name + "' (" + ir::str(v->type) + ")";
    }
    return "";
  }

  int last_use(const Value* v) const {
    auto it = last_use_.find(v);
    return it == last_use_.end() ? -1 : it->second;
  }

  void rewrite(Node& node, const OpName& op, Value* target, int index) {
    OpName twin = op;
    functional_twin(op, &twin);
    node.op = twin.str();
    // The only twin that spells its first argument in another way.
    if (twin.base == "dropout") {
      for (auto& [name, value] : node.attrs) {
        if (name == "self") name = "input";
      }
    }
    program_.in_place.push_back({node.origin.node, target->name});
    Value* result = node.output();
    last_use_[result] = std::max(last_use(result), last_use(target));
    last_use_[target] = index;
    replaced_[target] = result;
  }

  void pin_in_place(const Node& node, const Value* target, const std::string& obstacle) {
    for (const auto& out : node.outputs()) {
      if (is_memory(out.get())) sets_.join(target, out.get());
    }
    // A list of tensors (foreach ops) is written as a whole.
    const bool list = node.op.find("::_foreach_") != std::string::npos;
    for (const Value* v : node.inputs) {
      if (is_memory(v) && (v == target || list)) {
        pin(v, "written in place by " + node.origin.node + " (" + node.op + "): " + obstacle);
      }
    }
  }

  void pin(const Value* v, const std::string& reason) {
    auto& set = sets_.of(v);
    if (set.pinned.empty()) set.pinned = reason;
  }

  void pin_argument(const Node& node, const std::string& name, const std::string& reason) {
    const ir::Attr* attr = node.find(name);
    const auto* ref = attr ? std::get_if<ir::Ref>(attr) : nullptr;
    const Value* v = ref && ref->input >= 0 ? node.input(static_cast<size_t>(ref->input)) : nullptr;
    if (!v) return;
    pin(v, reason);
    for (const auto& out : node.outputs()) {
      if (is_memory(out.get()) && name.starts_with("out")) sets_.join(v, out.get());
    }
  }

  void pin_side_writes(const Node& node, const OpName& op) {
    const std::string reason = "written by " + node.origin.node + " (" + node.op + ")";
    if (op.space == "aten") {
      for (const auto& [name, value] : node.attrs) {
        const bool out =
            name.starts_with("out") && name.find_first_not_of("0123456789", 3) == std::string::npos;
        if (out) pin_argument(node, name, reason);
      }
      if (trains(node)) {
        pin_argument(node, "running_mean", reason);
        pin_argument(node, "running_var", reason);
      }
    } else if (op.space != "prim" && node.outputs().empty()) {
      // A user's op without results is called for its effect, which may be on its arguments.
      for (const Value* v : node.inputs) {
        if (is_memory(v)) pin(v, reason);
      }
    }
  }

  static bool trains(const Node& node) {
    for (const char* name : {"training", "train", "use_input_stats"}) {
      const ir::Attr* attr = node.find(name);
      const bool* on = attr ? std::get_if<bool>(attr) : nullptr;
      if (on && *on) return true;
    }
    return false;
  }

  void finish() {
    for (Value*& v : graph_.outputs) v = resolve(v);
    size_t next = 0;
    for (std::string& name : program_.outputs) {
      if (!name.empty()) name = graph_.outputs.at(next++)->name;
    }
    sets_.for_each([&](const AliasSets::Set& set) {
      if (set.pinned.empty()) return;
      for (const Value* v : set.members) program_.pinned.emplace(v->name, set.pinned);
    });
  }

  ir::Program& program_;
  ir::Graph& graph_;
  AliasSets sets_;
  std::unordered_map<const Value*, int> last_use_;
  std::unordered_map<Value*, Value*> replaced_;
};

}  // namespace

void functionalise(ir::Program& program) { Functionaliser(program).run(); }

}  // namespace tenon::frontends
