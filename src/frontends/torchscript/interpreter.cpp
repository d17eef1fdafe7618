// SPDX-License-Identifier: Apache-2.0
// Walking a block: who answers for a node, and evaluation on known values. The answers are in
// structure.cpp, sizes.cpp, control.cpp and emission.cpp.
#include "frontends/torchscript/interpreter.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>

#include "base/error.h"
#include "frontends/export/functionalise.h"
#include "frontends/torchscript/evaluators.h"
#include "frontends/torchscript/origin.h"
#include "frontends/torchscript/types.h"

namespace tenon::torchscript {

namespace jit = torch::jit;

std::string frame_of(jit::Node* node) {
  const ir::Origin origin = origin_of(node, nullptr);
  std::string where = origin.module;
  if (!origin.location.empty()) where += (where.empty() ? "" : ", ") + origin.location;
  return "while reading " + origin.op + (where.empty() ? "" : " (" + where + ")");
}

c10::IValue Interpreter::get(jit::Value* v) {
  const auto found = values_.find(v);
  if (found != values_.end()) return found->second;
  TENON_ASSERT(parent_, "no value for %", v->debugName());
  return values_[v] = capture(parent_->get(v));
}

Interpreter::Values Interpreter::inputs_of(Node* node) {
  Values values;
  for (jit::Value* v : node->inputs()) values.push_back(get(v));
  return values;
}

void Interpreter::bind(Node* node, Values results) {
  TENON_ASSERT(results.size() == node->outputs().size(), node->kind().toQualString(), " gave ",
               results.size(), " results");
  for (size_t i = 0; i < results.size(); ++i) set(node->output(i), std::move(results[i]));
}

Interpreter::Values Interpreter::run(jit::Block* block) {
  for (Node* node : block->nodes())
    with_frame([&] { return frame_of(node); },
               [&] {
                 try {
                   visit(node);
                 } catch (const c10::Error& e) {
                   throw Error(e.what_without_backtrace());
                 }
               });
  Values results;
  for (jit::Value* v : block->outputs()) results.push_back(get(v));
  return results;
}

void Interpreter::visit(Node* node) {
  if (evaluate_user(node) || state(node) || structure(node) || control(node) || sizes(node) ||
      evaluate(node))
    return;
  emit(node);
}

bool Interpreter::evaluate_user(Node* node) {
  if (node->outputs().size() != 1 || !has_evaluator(node)) return false;
  std::vector<std::optional<c10::IValue>> arguments;
  for (const c10::IValue& v : inputs_of(node))
    arguments.push_back(is_known(v) ? std::optional(v) : std::nullopt);
  auto value = evaluate_by_user(node, arguments);
  if (!value) return false;
  bind_one(node, std::move(*value));
  return true;
}

/// Evaluation must not be seen: no effects, no random numbers, and no memory that is written while
/// the program runs. Writes to memory that was itself made at compile time are evaluated.
bool Interpreter::is_foldable(Node* node) const {
  const auto* schema = node->maybeSchema();
  if (!schema || !node->blocks().empty() || node->hasSideEffects() || node->isNondeterministic())
    return false;
  if (schema->is_mutable() && parent_) return false;  // whether and how often is not known
  const auto written = [&](jit::Value* v) { return is_written_at_run_time(v); };
  const auto changed = [&](jit::Value* v) { return exists_at_run_time(v); };
  return std::none_of(node->outputs().begin(), node->outputs().end(), changed) &&
         std::none_of(node->outputs().begin(), node->outputs().end(), written) &&
         std::none_of(node->inputs().begin(), node->inputs().end(), written);
}

bool Interpreter::is_written_at_run_time(jit::Value* v) const {
  // Other containers are the interpreter's own.
  const bool tensors =
      v->type()->castRaw<c10::TensorType>() || v->type()->isSubtypeOf(*c10::ListType::ofTensors());
  if (!tensors || !reading_.aliases.hasWriters(v)) return false;
  if (parent_) return true;
  return std::any_of(reading_.run_time_writes.begin(), reading_.run_time_writes.end(),
                     [&](jit::Value* t) { return reading_.aliases.mayContainAlias(v, t); });
}

void Interpreter::note_evaluated(Node* node) {
  for (jit::Value* v : node->outputs()) {
    if (!v->type()->castRaw<c10::TensorType>() || !reading_.aliases.hasWriters(v)) continue;
    reading_.evaluated.push_back(v);
    const at::Tensor& t = get(v).toTensor();
    if (t.defined() && t.has_storage())
      reading_.changing.insert(t.storage().unsafeGetStorageImpl());
  }
}

void Interpreter::note_run_time_writes(Node* node) {
  const auto* schema = node->maybeSchema();
  if (!schema || !schema->is_mutable()) return;
  for (size_t i = 0; i < schema->arguments().size() && i < node->inputs().size(); ++i) {
    const auto* alias = schema->arguments()[i].alias_info();
    if (!alias || !alias->isWrite()) continue;
    jit::Value* target = node->input(i);
    for (jit::Value* v : reading_.evaluated)
      if (reading_.aliases.mayContainAlias(v, target)) throw RunTimeWrite{target};
    reading_.run_time_writes.insert(target);
  }
}

bool Interpreter::evaluate(Node* node) {
  if (!is_foldable(node)) return false;
  jit::Stack stack = inputs_of(node);
  if (!std::all_of(stack.begin(), stack.end(), is_known)) return false;
  at::NoGradGuard no_grad;
  run_op(node, stack);
  bind(node, std::move(stack));
  note_evaluated(node);
  return true;
}

c10::IValue Interpreter::add_input(const std::string& name, ir::Type type, c10::TypePtr static_type,
                                   const std::string& reason) {
  ir::Value* v = graph_.add_input(name, std::move(type));
  if (!reason.empty()) out_.program.pinned.emplace(v->name, reason);
  return value_leaf(v, std::move(static_type));
}

void Interpreter::finish(const Values& results) {
  const auto identity = [&](const c10::IValue& v) { return v; };
  for (const c10::IValue& v : results) out_.results.push_back(transform(v, identity));
  const auto add = [&](ir::Value* v) {
    graph_.outputs.push_back(v);
    out_.program.outputs.push_back(v->name);
  };
  for (const c10::IValue& v : out_.results)
    visit_leaves(v, [&](const Leaf& leaf) {
      if (leaf.value) return add(leaf.value);
      std::set<std::string> symbols;  // a size is returned: what shows it must exist
      leaf.size.collect_symbols(symbols);
      for (const std::string& s : symbols)
        if (out_.carriers.count(s)) add(out_.carriers[s]);
    });
  out_.returned = graph_.outputs;
  if (!reading_.hidden_aliasing) {
    frontends::functionalise(out_.program);
  } else {
    // Memory is shared or written in ways that only the ops' schemas tell: torch's analysis
    // decides.
    for (const auto& [name, reason] : hidden_writes_) out_.program.pinned.emplace(name, reason);
  }
}

}  // namespace tenon::torchscript
