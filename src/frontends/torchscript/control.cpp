// SPDX-License-Identifier: Apache-2.0
// prim::If and prim::Loop. Decided ones are followed. Others become one node of the graph, run by
// torch, whose blocks are programs of their own: what a block takes from outside is an input of its
// program (captured) and of the node.
#include <ATen/core/jit_type.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "frontends/torchscript/interpreter.h"
#include "frontends/torchscript/types.h"

namespace tenon::torchscript {
namespace {

namespace jit = torch::jit;

constexpr int kMostIterations = 10000;
constexpr int kMostReadings = 8;  // of a loop's body, until the types of its variables settle

bool same_constant(const c10::IValue& a, const c10::IValue& b) {
  if (a.isTensor() || b.isTensor()) return a.isTensor() && b.isTensor() && a.is(b);
  const bool plain = a.isNone() || a.isScalar() || a.isString() || a.isDevice();
  return plain && a.tagKind() == b.tagKind() && a == b;
}

bool is_uninitialized(const c10::IValue& v) {
  const Leaf* leaf = leaf_of(v);
  return leaf && leaf->uninitialized;
}

/// The type that both have; nothing if they differ.
std::optional<ir::Type> common_type(const c10::IValue& a, const c10::IValue& b) {
  const auto type_of = [](const c10::IValue& v) -> std::optional<ir::Type> {
    const Leaf* leaf = leaf_of(v);
    if (leaf && leaf->value && leaf->value->type.kind == ir::Kind::kTensor)
      return leaf->value->type;
    return std::nullopt;
  };
  const auto x = type_of(a), y = type_of(b);
  return x && y && *x == *y ? x : std::nullopt;
}

std::optional<ir::Type> type_of_tensor(const c10::IValue& v) {
  if (!v.isTensor() || !v.toTensor().defined()) return std::nullopt;
  const auto dtype = data_type(v.toTensor().scalar_type());
  if (!dtype || v.toTensor().layout() != at::kStrided) return std::nullopt;
  const auto sizes = v.toTensor().sizes();
  return ir::Type{ir::Kind::kTensor, *dtype, ir::SymShape(sizes.begin(), sizes.end()), {}};
}

bool is_list_or_dict(const jit::Value* v) {
  const auto kind = v->type()->kind();
  return kind == c10::TypeKind::ListType || kind == c10::TypeKind::DictType;
}

/// Is the value made in the node's blocks?
bool is_inside(const jit::Value* v, const jit::Node* node) {
  for (const jit::Block* b = v->node()->owningBlock(); b && b->owningNode();
       b = b->owningNode()->owningBlock())
    if (b->owningNode() == node) return true;
  return false;
}

void collect_symbols(const c10::IValue& v, std::set<std::string>& symbols) {
  visit_leaves(v, [&](const Leaf& leaf) { leaf.size.collect_symbols(symbols); });
}

}  // namespace

bool Interpreter::control(Node* node) {
  if (node->kind() == c10::prim::If) {
    const c10::IValue condition = get(node->input());
    if (!condition.isBool()) return keep_branch(node), true;
    return bind(node, run(node->blocks()[condition.toBool() ? 0 : 1])), true;
  }
  if (node->kind() == c10::prim::Loop) return loop(node), true;
  return false;
}

void Interpreter::loop(Node* node) {
  Values state = inputs_of(node);
  const c10::IValue trips = state[0], condition = state[1];
  jit::Block* body = node->blocks()[0];
  const auto next = jit::toIValue(body->outputs()[0]);
  // A while loop is followed only if nothing in its condition comes from tensors; whether that is
  // so shows in the first iteration, so it is kept as soon as its condition is not a constant.
  const bool followed =
      trips.isInt() && condition.isBool() && (next || is_decided_inside(body, body->outputs()[0]));
  if (!followed) return keep_loop(node);
  state.erase(state.begin(), state.begin() + 2);
  bool going = condition.toBool();
  for (int64_t i = 0; going && i < trips.toInt(); ++i) {
    TENON_CHECK(++reading_.unrolled <= kMostIterations, "loops of more than ", kMostIterations,
                " iterations altogether are not unrolled");
    set(body->inputs()[0], i);
    for (size_t k = 0; k < state.size(); ++k) set(body->inputs()[k + 1], state[k]);
    state = run(body);
    TENON_CHECK(state[0].isBool(), "the loop's condition becomes known only at run time after ",
                i + 1, " iterations");
    going = state[0].toBool();
    state.erase(state.begin());
  }
  bind(node, std::move(state));
}

/// Is the value computed from numbers alone (not from tensors' elements)?
bool Interpreter::is_decided_inside(const jit::Block* body, const jit::Value* v) const {
  std::vector<const jit::Value*> open{v};
  std::set<const jit::Value*> seen;
  while (!open.empty()) {
    const jit::Value* at = open.back();
    open.pop_back();
    if (!seen.insert(at).second) continue;
    const jit::Node* n = at->node();
    if (n->kind() == c10::prim::Param) continue;
    const bool reads_tensor = std::any_of(
        n->inputs().begin(), n->inputs().end(),
        [](const jit::Value* in) { return in->type()->isSubtypeOf(*c10::TensorType::get()); });
    const std::string op = n->kind().toUnqualString();
    const bool fact = op == "size" || op == "dim" || op == "len" || op == "numel" ||
                      op == "dtype" || op == "__is__" || op == "__isnot__";
    if (reads_tensor && !fact) return false;
    if (!n->blocks().empty()) return false;
    if (!reads_tensor) open.insert(open.end(), n->inputs().begin(), n->inputs().end());
  }
  return true;
}

// ---- blocks that are kept

c10::IValue Interpreter::capture(const c10::IValue& outer) {
  return transform(outer, [&](const c10::IValue& v) -> c10::IValue {
    const Leaf* leaf = leaf_of(v);
    if (!leaf || !leaf->value) return v;
    const auto found = captures_.find(leaf->value);
    if (found != captures_.end()) return found->second;
    const auto pinned = parent_->out_.program.pinned.find(leaf->value->name);
    const bool unknown = leaf->value->type.kind != ir::Kind::kTensor;
    const c10::IValue inner =
        add_input(leaf->value->name, leaf->value->type, leaf->type,
                  unknown && pinned != parent_->out_.program.pinned.end() ? pinned->second : "");
    out_.captured[leaf_of(inner)->value] = leaf->value;
    return captures_[leaf->value] = inner;
  });
}

std::unique_ptr<ScriptProgram> Interpreter::read_block(jit::Block* block, const Values& inputs,
                                                       Values* results) {
  auto program = std::make_unique<ScriptProgram>();
  program->program.graph.symbols = reading_.symbols;
  Interpreter inner(reading_, *program, this);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Leaf* leaf = leaf_of(inputs[i]);
    jit::Value* v = block->inputs()[i];
    c10::IValue value = inputs[i];
    if (leaf && leaf->value)
      value = inner.add_input(name_for(v), leaf->value->type, leaf->type,
                              leaf->value->type.kind == ir::Kind::kTensor
                                  ? ""
                                  : "a value that is only known at run time");
    program->arguments.push_back(value);
    inner.set(v, value);
  }
  *results = inner.run(block);
  std::set<std::string> after;
  for (const c10::IValue& v : *results) collect_symbols(v, after);
  for (const std::string& s : after)
    TENON_CHECK(!program->carriers.count(s), "a block returns the size '", s,
                "', which only the block itself knows");
  inner.finish(*results);
  program->program.graph.symbols = reading_.symbols;
  program->program.module_classes = reading_.module_classes;
  return program;
}

/// A result of the node that stands for `results` of its blocks.
c10::IValue Interpreter::join(ir::Node* made, jit::Value* v, const Values& results) {
  const c10::IValue &a = results.front(), &b = results.back();
  ir::Type type;
  type.kind = ir::Kind::kOther;
  std::string reason = "a value that is only known at run time";
  if (v->type()->castRaw<c10::TensorType>()) {
    reason = "its type differs between the paths that lead to it";
    if (const auto common = common_type(a, b)) type = *common;
    for (const ir::SymDim& d : type.shape) {
      std::set<std::string> symbols;
      d.collect_symbols(symbols);
      for (const std::string& s : symbols)
        if (reading_.block_symbols.count(s)) type.kind = ir::Kind::kOther;
    }
    if (type.kind == ir::Kind::kOther) type.shape.clear();
  }
  ir::Value* out = add_output(made, v, type, reason);
  return value_leaf(out, v->type());
}

/// Inputs of the node: what its blocks capture.
void Interpreter::add_captures(ir::Node* made, const std::vector<const ScriptProgram*>& blocks) {
  for (const ScriptProgram* block : blocks)
    for (const auto& in : block->program.graph.inputs()) {
      const auto outer = block->captured.find(in.get());
      if (outer == block->captured.end()) continue;
      if (std::find(made->inputs.begin(), made->inputs.end(), outer->second) == made->inputs.end())
        made->inputs.push_back(outer->second);
    }
  out_.nodes[made].operands = made->inputs;
}

void Interpreter::require_at_run_time(jit::Value* v) const {
  TENON_CHECK(!reading_.findings.containers.count(v), "the list or dict '", v->debugName(),
              "' is changed in a branch or loop that depends on values, or kept, and cannot be ",
              "made for it at run time (", v->node()->kind().toQualString(), ", ",
              v->node()->sourceRange().str(), ")");
  throw RunTimeContainer{v};
}

/// Lists and dicts from outside that the blocks of `kept` change, or return while others hold them,
/// are there while the program runs.
void Interpreter::find_changed_containers(Node* kept, jit::Block* block) {
  const auto require = [&](jit::Value* v) {
    if (is_list_or_dict(v) && !is_inside(v, kept) && !leaf_of(get(v))) require_at_run_time(v);
  };
  for (Node* n : block->nodes()) {
    for (jit::Block* b : n->blocks()) find_changed_containers(kept, b);
    const auto* schema = n->maybeSchema();
    if (!schema || !schema->is_mutable()) continue;
    for (size_t i = 0; i < n->inputs().size() && i < schema->arguments().size(); ++i) {
      const auto* alias = schema->arguments()[i].alias_info();
      if (alias && alias->isWrite()) require(n->input(i));
    }
  }
  for (jit::Value* v : block->outputs())
    if (reading_.aliases.hasWriters(v)) require(v);
}

void Interpreter::check_writes_inside(Node* node) const {
  if (reading_.hidden_aliasing) return;
  for (jit::Block* block : node->blocks())
    for (Node* n : block->nodes()) {
      check_writes_inside(n);
      const auto* schema = n->maybeSchema();
      if (!schema || !schema->is_mutable()) continue;
      for (jit::Value* v : n->inputs())
        if (v->type()->isSubtypeOf(*c10::TensorType::get())) throw RunTimeWrite{};
    }
}

void Interpreter::keep_branch(Node* node) {
  check_writes_inside(node);
  for (jit::Block* block : node->blocks()) find_changed_containers(node, block);
  std::vector<Values> results(2);
  std::vector<std::unique_ptr<ScriptProgram>> blocks;
  const ir::SymRanges before = reading_.symbols;
  for (size_t i = 0; i < 2; ++i) blocks.push_back(read_block(node->blocks()[i], {}, &results[i]));
  for (const auto& [name, range] : reading_.symbols)
    if (!before.count(name)) reading_.block_symbols.insert(name);
  ir::Node* made = create(node, "prim::If", {get(node->input())});
  for (size_t k = 0; k < node->outputs().size(); ++k) {
    jit::Value* v = node->output(k);
    // What one path does not have, nothing reads after it: the other path's value will do.
    const c10::IValue& a = is_uninitialized(results[0][k]) ? results[1][k] : results[0][k];
    const c10::IValue& b = is_uninitialized(results[1][k]) ? a : results[1][k];
    const c10::IValue joined = join(made, v, {a, b});
    set(v, same_constant(a, b) ? a : joined);
  }
  finish_kept(made, std::move(blocks));
}

void Interpreter::keep_loop(Node* node) {
  check_writes_inside(node);
  find_changed_containers(node, node->blocks()[0]);
  for (jit::Value* v : node->inputs())
    if (is_list_or_dict(v) && reading_.aliases.hasWriters(v) && !leaf_of(get(v)))
      require_at_run_time(v);
  jit::Block* body = node->blocks()[0];
  const Values inputs = inputs_of(node);
  Values state(inputs.begin() + 2, inputs.end());
  ir::Type unknown;
  unknown.kind = ir::Kind::kOther;
  // Leaves for the body's variables; their values live in a scratch graph until types settle.
  ir::Graph scratch;
  const auto widened = [&](jit::Value* v) {
    return value_leaf(scratch.add_input("v", unknown), v->type());
  };
  // A constant that the loop replaces by tensors of its type begins as one of them.
  for (size_t k = 0; k < state.size(); ++k)
    if (const auto type = type_of_tensor(state[k]))
      state[k] = value_leaf(scratch.add_input("v", *type), c10::TensorType::get());
  std::unique_ptr<ScriptProgram> program;
  Values results;
  for (int reading = 0;; ++reading) {
    TENON_CHECK(reading < kMostReadings, "the types of a loop's variables do not settle");
    Values block_inputs{widened(body->inputs()[0])};
    block_inputs.insert(block_inputs.end(), state.begin(), state.end());
    const ir::SymRanges before = reading_.symbols;
    program = read_block(body, block_inputs, &results);
    for (const auto& [name, range] : reading_.symbols)
      if (!before.count(name)) reading_.block_symbols.insert(name);
    bool settled = true;
    for (size_t k = 0; k < state.size(); ++k) {
      const c10::IValue& after = results[k + 1];
      const Leaf* leaf = leaf_of(state[k]);
      const bool opaque = leaf && leaf->value && leaf->value->type.kind == ir::Kind::kOther;
      if (opaque || same_constant(state[k], after) || common_type(state[k], after)) continue;
      state[k] = widened(body->inputs()[k + 1]);
      settled = false;
    }
    if (settled) break;
  }
  ir::Node* made = create(node, "prim::Loop", inputs);
  for (size_t k = 0; k < state.size(); ++k) {
    const c10::IValue joined = join(made, node->output(k), {state[k], state[k]});
    const bool fixed = same_constant(state[k], state[k]);
    set(node->output(k), fixed ? state[k] : joined);
  }
  std::vector<std::unique_ptr<ScriptProgram>> blocks;
  blocks.push_back(std::move(program));
  finish_kept(made, std::move(blocks));
}

void Interpreter::finish_kept(ir::Node* made, std::vector<std::unique_ptr<ScriptProgram>> blocks) {
  ScriptNode& script = out_.nodes[made];
  std::vector<const ScriptProgram*> programs;
  for (const auto& block : blocks) programs.push_back(block.get());
  script.counts.assign(made->outputs().size(), -1);
  script.blocks = std::move(blocks);
  add_captures(made, programs);
  note_hidden_writes(made, script.source);
  made->origin.node =
      made->outputs().empty()
          ? graph_.unique_name(script.source->kind() == c10::prim::If ? "If" : "Loop")
          : made->output()->name;
}

}  // namespace tenon::torchscript
