// SPDX-License-Identifier: Apache-2.0
// Constants, attributes and containers. Lists, tuples and dicts are TorchScript's own, so most of
// their ops are TorchScript's own too: those that do not look into the elements.
#include <ATen/core/jit_type.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "frontends/torchscript/interpreter.h"

namespace tenon::torchscript {
namespace {

namespace jit = torch::jit;
using Values = std::vector<c10::IValue>;

/// Container ops that move elements without looking at them; any other argument must be known.
bool moves_elements(const jit::Node* node) {
  static const std::set<std::string> kOps = {
      "__getitem__", "_set_item", "append",       "extend",     "insert", "pop",  "reverse",
      "len",         "list",      "clear",        "copy",       "Delete", "keys", "values",
      "items",       "get",       "__contains__", "setdefault", "update", "dict", "popitem"};
  static const std::set<std::string> kOverloads = {"aten::add.t",      "aten::add_.t",
                                                   "aten::slice.t",    "aten::mul.left_t",
                                                   "aten::mul.right_", "prim::TupleIndex"};
  const auto* schema = node->maybeSchema();
  if (!schema) return false;
  if (kOverloads.count(c10::toString(schema->operator_name()))) return true;
  return node->kind().is_aten() && kOps.count(node->kind().toUnqualString());
}

bool is_container(const c10::IValue& v) { return v.isList() || v.isTuple() || v.isGenericDict(); }

/// The container itself is at hand, and what says where in it.
bool can_move(const jit::Node* node, const Values& arguments) {
  const std::string op = node->kind().toUnqualString();
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i == 0 && !is_container(arguments[i])) return false;
    const auto& type = node->input(i)->type();
    const bool number =
        type->kind() == c10::TypeKind::IntType || type->kind() == c10::TypeKind::OptionalType;
    const bool where = i == 1 && op != "append" && op != "extend" && op != "add" && op != "add_";
    if (where && number && leaf_of(arguments[i])) return false;
    if (op == "__contains__" && !is_known(arguments[i]) && !arguments[0].isGenericDict())
      return false;
  }
  // Lists of lists of sizes are compared element by element by nothing here; copies are shallow.
  return true;
}

bool is_mode_query(const jit::Node* node) {
  static const std::set<std::string> kQueries = {
      "aten::is_grad_enabled", "aten::is_autocast_enabled", "aten::is_autocast_cpu_enabled"};
  return node->inputs().empty() && kQueries.count(node->kind().toQualString());
}

c10::IValue list_of(const Values& elements, const c10::TypePtr& type) {
  c10::impl::GenericList list(type->expectRef<c10::ListType>().getElementType());
  for (const c10::IValue& e : elements) list.push_back(e);
  return list;
}

c10::IValue dict_of(const Values& elements, const c10::TypePtr& type) {
  const auto& dict_type = type->expectRef<c10::DictType>();
  c10::impl::GenericDict dict(dict_type.getKeyType(), dict_type.getValueType());
  for (size_t i = 0; i + 1 < elements.size(); i += 2)
    dict.insert_or_assign(elements[i], elements[i + 1]);
  return dict;
}

c10::IValue tuple_of(Values elements, const c10::TypePtr& type) {
  const auto tuple = type->cast<c10::TupleType>();
  if (tuple && tuple->schema()) return c10::ivalue::Tuple::createNamed(std::move(elements), tuple);
  return c10::ivalue::Tuple::create(std::move(elements));
}

/// Is it only known at run time whether it is None?
bool may_be_none(const c10::IValue& v) {
  const Leaf* leaf = leaf_of(v);
  return leaf && leaf->value && leaf->value->type.kind == ir::Kind::kOther && leaf->type &&
         leaf->type->kind() == c10::TypeKind::OptionalType;
}

/// Does a value of static type `type` belong to one of `wanted`? Nothing: it depends.
std::optional<bool> is_instance(const c10::TypePtr& type, const std::vector<c10::TypePtr>& wanted) {
  bool may = false;
  for (const auto& want : wanted) {
    if (type->isSubtypeOf(*want)) return true;
    may = may || want->isSubtypeOf(*type);
  }
  if (may) return std::nullopt;
  return false;
}

}  // namespace

/// Does a kept branch or loop change the list or dict?
bool Interpreter::exists_at_run_time(jit::Value* v) const {
  const auto kind = v->type()->kind();
  if (kind != c10::TypeKind::ListType && kind != c10::TypeKind::DictType) return false;
  const auto& containers = reading_.findings.containers;
  return std::any_of(containers.begin(), containers.end(),
                     [&](jit::Value* changed) { return reading_.aliases.mayAlias(v, changed); });
}

bool Interpreter::structure(Node* node) {
  const auto kind = node->kind();
  if (kind == c10::prim::Constant) {
    auto value = jit::toIValue(node->output());
    TENON_CHECK(value, "a constant of type ", node->output()->type()->str(), " is not supported");
    return bind_one(node, std::move(*value)), true;
  }
  if (kind == c10::prim::Uninitialized)
    return bind_one(node, uninitialized_leaf(node->output()->type())), true;
  // What is compiled is inference in the precision of the graph.
  if (is_mode_query(node)) return bind_one(node, false), true;
  if (kind == c10::prim::RaiseException && !parent_) {
    const c10::IValue message = get(node->input(0));
    throw Error("the model raises an exception with these inputs: " +
                (message.isString() ? message.toStringRef() : std::string("(no message)")));
  }
  if (kind == c10::aten::warn && !parent_) {
    // Every call would warn of the same; it is said once, now.
    const c10::IValue message = get(node->input(0));
    if (message.isString()) {
      log(LogLevel::kWarning, "the model warns: ", message.toStringRef());
      return true;
    }
  }
  const bool at_run_time = std::any_of(node->outputs().begin(), node->outputs().end(),
                                       [&](jit::Value* v) { return exists_at_run_time(v); });
  if (at_run_time) return false;
  if (node->inputs().empty() && kind != c10::prim::ListConstruct &&
      kind != c10::prim::DictConstruct && kind != c10::prim::TupleConstruct)
    return false;
  Values arguments = inputs_of(node);
  if (kind == c10::prim::ListConstruct)
    return bind_one(node, list_of(arguments, node->output()->type())), true;
  if (kind == c10::prim::DictConstruct)
    return bind_one(node, dict_of(arguments, node->output()->type())), true;
  if (kind == c10::prim::TupleConstruct)
    return bind_one(node, tuple_of(std::move(arguments), node->output()->type())), true;
  if (kind == c10::prim::TupleUnpack && arguments[0].isTuple())
    return bind(node, arguments[0].toTupleRef().elements().vec()), true;
  if (kind == c10::prim::ListUnpack && arguments[0].isList()) {
    const Values elements = arguments[0].toListRef().vec();
    TENON_CHECK(elements.size() == node->outputs().size(), "a list of ", elements.size(),
                " elements is unpacked into ", node->outputs().size());
    return bind(node, elements), true;
  }
  const bool unwraps = kind == c10::prim::unchecked_cast ||
                       kind == c10::prim::unchecked_unwrap_optional ||
                       kind == c10::aten::_unwrap_optional;
  if (unwraps && may_be_none(arguments[0])) return false;
  if (kind == c10::prim::unchecked_cast || kind == c10::prim::unchecked_unwrap_optional)
    return bind_one(node, arguments[0]), true;
  if (kind == c10::aten::_unwrap_optional && !arguments[0].isNone())
    return bind_one(node, arguments[0]), true;
  if (kind == c10::prim::isinstance) {
    const Leaf* leaf = leaf_of(arguments[0]);
    const auto answer =
        is_instance(leaf ? leaf->type : arguments[0].type(), node->tys(c10::attr::types));
    TENON_CHECK(answer, "isinstance() of a value whose type is only known at run time");
    return bind_one(node, *answer), true;
  }
  const bool on_list = !arguments.empty() && arguments[0].isList();
  const auto* schema = node->maybeSchema();
  const bool all_known = std::all_of(arguments.begin(), arguments.end(), is_known);
  // sort() and the like of lists of numbers
  const bool changes_known = schema && schema->is_mutable() && on_list && all_known;
  if (!changes_known && !(moves_elements(node) && can_move(node, arguments))) return false;
  if (!arguments.empty() && !is_container(arguments[0])) return false;
  jit::Stack stack = std::move(arguments);
  run_op(node, stack);
  return bind(node, std::move(stack)), true;
}

}  // namespace tenon::torchscript
