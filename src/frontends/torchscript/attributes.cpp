// SPDX-License-Identifier: Apache-2.0
// Attributes of modules. Those that the method never writes are values; the others are read and
// written by nodes of the graph, in torch, in the order of the program, which the module itself, an
// input of the graph that no engine can take, stands for. What is read of a tensor has a type if
// every write is of the type that the attribute has now.
#include "base/error.h"
#include "frontends/torchscript/arguments.h"
#include "frontends/torchscript/interpreter.h"
#include "frontends/torchscript/origin.h"
#include "frontends/torchscript/types.h"

namespace tenon::torchscript {
namespace {

namespace jit = torch::jit;

const char* const kReason = "the method writes attributes of the module while it runs";

/// "layer1_count": names of attributes in the compiled module, which has no submodules.
std::string path_of(const jit::Node* access) {
  std::string path = access->s(c10::attr::name);
  const jit::Value* v = access->input(0);
  for (; v->node()->kind() == c10::prim::GetAttr; v = v->node()->input())
    path = v->node()->s(c10::attr::name) + "_" + path;
  return path;
}

std::optional<ir::Type> type_of_value(const c10::IValue& v) {
  const Leaf* leaf = leaf_of(v);
  if (leaf && leaf->value && leaf->value->type.kind == ir::Kind::kTensor) return leaf->value->type;
  if (!v.isTensor() || !v.toTensor().defined() || v.toTensor().layout() != at::kStrided)
    return std::nullopt;
  const auto dtype = data_type(v.toTensor().scalar_type());
  if (!dtype) return std::nullopt;
  const auto sizes = v.toTensor().sizes();
  return ir::Type{ir::Kind::kTensor, *dtype, ir::SymShape(sizes.begin(), sizes.end()), {}};
}

}  // namespace

void Interpreter::add_module() {
  ir::Type unknown;
  unknown.kind = ir::Kind::kOther;
  module_ = add_input("self", unknown, c10::AnyType::get(), kReason);
}

c10::IValue Interpreter::module_leaf() {
  if (module_.isNone()) module_ = capture(parent_->module_leaf());
  return module_;
}

/// Nothing if it may be of another one in some call.
std::optional<ir::Type> Interpreter::type_of_attribute(const c10::IValue& object,
                                                       const std::string& name) const {
  if (reading_.findings.untyped.count(attribute_key(object, name))) return std::nullopt;
  const c10::IValue now = object.toObjectRef().getAttr(name);
  if (now.isTensor() && now.toTensor().defined() && now.toTensor().device() != reading_.device)
    return std::nullopt;
  return type_of_value(now);
}

ir::Node* Interpreter::create_access(Node* node, const c10::IValue& object, Values arguments) {
  const std::string& name = node->s(c10::attr::name);
  ir::Node* made = graph_.create(node->kind().toQualString(), {});
  made->origin = origin_of(node, &reading_.module_classes);
  made->set("name", name);
  made->inputs.push_back(leaf_of(module_leaf())->value);
  set_arguments(made, nullptr, arguments);
  add_carriers(made);
  ScriptNode& script = out_.nodes[made];
  script.source = node;
  script.arguments = std::move(arguments);
  script.operands = made->inputs;
  script.attribute = StateAttribute{object, name, path_of(node)};
  script.stores = true;
  return made;
}

void Interpreter::read_attribute(Node* node, const c10::IValue& object) {
  ir::Node* made = create_access(node, object, {});
  ir::Type type;
  type.kind = ir::Kind::kOther;
  if (const auto known = type_of_attribute(object, node->s(c10::attr::name))) type = *known;
  ir::Value* out = add_output(made, node->output(), type, kReason);
  made->origin.node = out->name;
  out_.nodes[made].counts.push_back(-1);
  bind_one(node, value_leaf(out, node->output()->type()));
  note_hidden_writes(made, node);
}

void Interpreter::write_attribute(Node* node, const c10::IValue& object) {
  const std::string& name = node->s(c10::attr::name);
  const c10::IValue value = get(node->input(1));
  TENON_CHECK(!value.isObject(), "the method replaces the object in attribute '", name, "'");
  if (const auto type = type_of_attribute(object, name); type && type != type_of_value(value))
    throw AttributeChangesType{attribute_key(object, name)};
  check_stored(node);
  ir::Node* made = create_access(node, object, {value});
  made->origin.node = graph_.unique_name("set_" + name);
}

bool Interpreter::state(Node* node) {
  const bool reads = node->kind() == c10::prim::GetAttr;
  if (!reads && node->kind() != c10::prim::SetAttr) return false;
  const std::string& name = node->s(c10::attr::name);
  const c10::IValue object = get(node->input(0));
  TENON_CHECK(object.isObject(), "attribute '", name, "' of a value that is not an object");
  if (!reading_.state.written.count(attribute_key(object, name)))
    return bind_one(node, object.toObjectRef().getAttr(name)), true;
  reads ? read_attribute(node, object) : write_attribute(node, object);
  return true;
}

}  // namespace tenon::torchscript
