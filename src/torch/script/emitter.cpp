// SPDX-License-Identifier: Apache-2.0
#include "torch/script/emitter.h"

#include <ATen/ops/from_blob.h>
#include <torch/csrc/jit/ir/constants.h>

#include "base/error.h"
#include "ir/sym_steps.h"
#include "torch/engine_class.h"

namespace tenon::torch_bridge {
namespace {

namespace jit = torch::jit;
using torchscript::Leaf;
using torchscript::leaf_of;

c10::Symbol symbol_of(const std::string& op) {
  const size_t dot = op.find('.', op.find("::"));
  return c10::Symbol::fromQualString(op.substr(0, dot));
}

at::Tensor plan_tensor(const PlanBytes& plan) {
  return at::from_blob(
      const_cast<void*>(plan.data.get()), {static_cast<int64_t>(plan.size)},
      [data = plan.data](void*) {}, at::TensorOptions(at::kByte));
}

}  // namespace

// ---- values

void Emitter::bind(const ir::Value* v, Value* emitted) {
  values_[v] = emitted;
  if (v->type.kind != ir::Kind::kTensor) return;
  for (size_t axis = 0; axis < v->type.shape.size(); ++axis) {
    const std::string name = v->type.shape[axis].as_symbol();
    if (!name.empty()) carriers_.try_emplace(name, emitted, static_cast<int64_t>(axis));
  }
}

void Emitter::bind_argument(size_t index, Value* given) {
  bind_tree(script_.arguments.at(index), given);
}

void Emitter::bind_tree(const c10::IValue& structure, Value* given) {
  const auto optional = given->type()->cast<c10::OptionalType>();
  if (optional && optional->getElementType()->kind() != c10::TypeKind::OptionalType &&
      !structure.isNone() && !torchscript::is_known(structure)) {
    // What is compiled is the case of a value; None is an error of the call.
    return bind_tree(structure, op("aten::_unwrap_optional", {given}, optional->getElementType()));
  }
  if (const Leaf* leaf = leaf_of(structure)) {
    if (leaf->value) bind(leaf->value, given);
  } else if (structure.isTuple()) {
    const auto& elements = structure.toTupleRef().elements();
    jit::Node* unpacked = graph_.insertNode(graph_.createTupleUnpack(given));
    for (size_t i = 0; i < elements.size(); ++i) bind_tree(elements[i], unpacked->output(i));
  } else if (structure.isList() && !torchscript::is_known(structure)) {
    const auto elements = structure.toListRef();
    jit::Node* unpacked = graph_.insertNode(graph_.createListUnpack(given, elements.size()));
    for (size_t i = 0; i < elements.size(); ++i) bind_tree(elements[i], unpacked->output(i));
  } else if (structure.isGenericDict()) {
    const auto value_type = given->type()->expectRef<c10::DictType>().getValueType();
    for (const auto& entry : structure.toGenericDict())
      bind_tree(entry.value(), op("aten::__getitem__", {given, constant(entry.key())}, value_type));
  }
}

Emitter::Value* Emitter::value(const ir::Value* v) {
  const auto found = values_.find(v);
  if (found != values_.end()) return found->second;
  if (const auto tensor = script_.tensors.find(v); tensor != script_.tensors.end())
    return values_[v] = constant(tensor->second);
  const auto captured = script_.captured.find(v);
  TENON_ASSERT(outer_ && captured != script_.captured.end(), "no value for %", v->name);
  const auto redirected = outer_redirects_.find(captured->second);
  Value* outer =
      outer_->value(redirected == outer_redirects_.end() ? captured->second : redirected->second);
  bind(v, outer);
  return outer;
}

Emitter::Value* Emitter::constant(const c10::IValue& v) {
  if (v.isTensor() && v.toTensor().requires_grad())
    return graph_.insertConstant(v.toTensor().detach());
  return graph_.insertConstant(v);
}

Emitter::Value* Emitter::op(const char* name, std::vector<Value*> inputs, c10::TypePtr type) {
  jit::Node* node = graph_.create(c10::Symbol::fromQualString(name), inputs, 1);
  node->output()->setType(std::move(type));
  return graph_.insertNode(node)->output();
}

/// A constant of the graph would do, but torch folds copies of those, and then it is always the
/// same.
Emitter::Value* Emitter::copy_of(const at::Tensor& tensor) {
  const std::string name = "constant_" + std::to_string(module_.constants++);
  module_.module.register_buffer(name, tensor.detach());
  Value* stored = graph_.insertGetAttr(module_.self, name);
  return op("aten::clone", {stored, constant(c10::IValue())}, c10::TensorType::get());
}

Emitter::Value* Emitter::write(const c10::IValue& v, const Redirects& redirects, bool fresh) {
  if (const Leaf* leaf = leaf_of(v)) {
    if (leaf->value) {
      const auto found = redirects.find(leaf->value);
      return value(found == redirects.end() ? leaf->value : found->second);
    }
    if (leaf->uninitialized) return op("prim::Uninitialized", {}, leaf->type);
    Value* number = size(leaf->size);
    return leaf->as_tensor ? op("prim::NumToTensor", {number}, c10::TensorType::get()) : number;
  }
  std::vector<Value*> parts, keys;
  if (v.isTuple()) {
    for (const c10::IValue& e : v.toTupleRef().elements())
      parts.push_back(write(e, redirects, fresh));
    const auto type = v.toTupleRef().type<c10::TupleType>();
    return graph_.insertNode(graph_.createTuple(parts, type->schema() ? type : nullptr))->output();
  }
  if (v.isList()) {
    for (const c10::IValue& e : v.toListRef()) parts.push_back(write(e, redirects, fresh));
    return graph_.insertNode(graph_.createList(v.toList().elementType(), parts))->output();
  }
  if (v.isGenericDict()) {
    const auto dict = v.toGenericDict();
    for (const auto& entry : dict) {
      keys.push_back(constant(entry.key()));
      parts.push_back(write(entry.value(), redirects, fresh));
    }
    return graph_.insertNode(graph_.createDict(dict.keyType(), dict.valueType(), keys, parts))
        ->output();
  }
  if (fresh && v.isTensor()) return copy_of(v.toTensor());
  return constant(v);
}

// ---- sizes

const std::pair<Emitter::Value*, int64_t>* Emitter::find_carrier(const std::string& name) const {
  const auto found = carriers_.find(name);
  if (found != carriers_.end()) return &found->second;
  return outer_ ? outer_->find_carrier(name) : nullptr;
}

Emitter::Value* Emitter::symbol(const std::string& name) {
  const auto found = symbols_.find(name);
  if (found != symbols_.end()) return found->second;
  const auto* carrier = find_carrier(name);
  TENON_ASSERT(carrier, "no value shows the size ", name);
  return symbols_[name] =
             op("aten::size", {carrier->first, constant(carrier->second)}, c10::IntType::get());
}

Emitter::Value* Emitter::size(const ir::SymDim& size) {
  using Kind = ir::SymStep::Kind;
  static const std::unordered_map<Kind, const char*> kOps = {
      {Kind::kAdd, "aten::add"},           {Kind::kMul, "aten::mul"},
      {Kind::kFloorDiv, "aten::floordiv"}, {Kind::kMod, "aten::remainder"},
      {Kind::kMax, "prim::max"},           {Kind::kMin, "prim::min"}};
  std::vector<Value*> stack;
  for (const ir::SymStep& step : ir::steps_of(size)) {
    if (step.kind == Kind::kNumber) {
      stack.push_back(constant(step.number));
    } else if (step.kind == Kind::kSymbol) {
      stack.push_back(symbol(step.symbol));
    } else {
      Value* b = stack.back();
      stack.pop_back();
      stack.back() = op(kOps.at(step.kind), {stack.back(), b}, c10::IntType::get());
    }
  }
  return stack.back();
}

// ---- nodes

std::vector<Emitter::Value*> Emitter::unpack(Value* list, size_t count) {
  jit::Node* node = graph_.insertNode(graph_.createListUnpack(list, count));
  return {node->outputs().begin(), node->outputs().end()};
}

void Emitter::engine(const partition::Segment& segment, const PlanBytes& plan) {
  const auto object = c10::make_intrusive<EngineClass>(plan_tensor(plan));
  const c10::IValue attribute(object);
  const std::string name = "engine_" + std::to_string(module_.engines++);
  module_.module.register_attribute(name, attribute.type(), attribute);
  std::vector<Value*> inputs;
  for (const ir::Value* v : segment.inputs) inputs.push_back(value(v));
  Value* list = graph_.insertNode(graph_.createList(c10::TensorType::get(), inputs))->output();
  Value* engine = graph_.insertGetAttr(module_.self, name);
  engine->setType(attribute.type());
  Value* results =
      op("tensorrt::execute_engine", {list, engine}, c10::ListType::create(c10::TensorType::get()));
  const auto outputs = unpack(results, segment.outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) bind(segment.outputs[i], outputs[i]);
}

void Emitter::bind_outputs(const ir::Node& node, const torchscript::ScriptNode& script,
                           jit::Node* made) {
  size_t next = 0;
  for (size_t i = 0; i < script.counts.size(); ++i) {
    if (script.counts[i] < 0) {
      bind(node.output(next++), made->output(i));
      continue;
    }
    for (Value* v : unpack(made->output(i), static_cast<size_t>(script.counts[i])))
      bind(node.output(next++), v);
  }
}

void Emitter::torch_node(const ir::Node& node) {
  const torchscript::ScriptNode& script = script_.nodes.at(&node);
  Redirects redirects;
  for (size_t i = 0; i < script.operands.size(); ++i)
    redirects[script.operands[i]] = node.inputs[i];
  std::vector<Value*> inputs;
  for (const c10::IValue& v : script.arguments)
    inputs.push_back(write(v, redirects, script.stores));
  if (script.attribute) return access(node, script, inputs);
  if (!script.blocks.empty()) return control(node, script, inputs, redirects);
  const auto kind = symbol_of(node.op);
  jit::Node* made = graph_.create(kind, inputs, script.source->outputs().size());
  made->setSourceRange(script.source->sourceRange());
  made->setScope(script.source->scope());
  if (kind == script.source->kind()) made->copyAttributes(*script.source);
  for (size_t i = 0; i < made->outputs().size(); ++i)
    made->output(i)->setType(c10::unshapedType(script.source->output(i)->type()));
  graph_.insertNode(made);
  TENON_CHECK(kind.is_prim() || made->maybeOperator(), "the op ", node.op,
              " cannot be written as TorchScript with these arguments");
  bind_outputs(node, script, made);
}

void Emitter::control(const ir::Node& node, const torchscript::ScriptNode& script,
                      const std::vector<Value*>& inputs, const Redirects& redirects) {
  jit::Node* made = graph_.insertNode(
      graph_.create(script.source->kind(), inputs, script.source->outputs().size()));
  made->setSourceRange(script.source->sourceRange());
  for (size_t i = 0; i < made->outputs().size(); ++i)
    made->output(i)->setType(c10::unshapedType(script.source->output(i)->type()));
  const auto& blocks = hybrid_.blocks.at(&node);
  for (size_t i = 0; i < blocks.size(); ++i) {
    jit::Block* block = made->addBlock();
    jit::WithInsertPoint inside(block);
    Emitter inner(graph_, module_, *blocks[i]);
    inner.outer_ = this;
    inner.outer_redirects_ = redirects;
    const jit::Block* source = script.source->blocks()[i];
    for (size_t k = 0; k < source->inputs().size(); ++k) {
      Value* v = block->addInput();
      v->setType(c10::unshapedType(source->inputs()[k]->type()));
      inner.bind_argument(k, v);
    }
    for (Value* v : inner.run()) block->registerOutput(v);
  }
  bind_outputs(node, script, made);
}

std::vector<Emitter::Value*> Emitter::run() {
  const auto& segments = hybrid_.compiled.plan.segments;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].engine) {
      engine(segments[i], hybrid_.compiled.engines[i]);
    } else {
      for (const ir::Node* n : segments[i].nodes) torch_node(*n);
    }
  }
  Redirects redirects;
  for (size_t i = 0; i < script_.returned.size(); ++i)
    redirects[script_.returned[i]] = script_.program.graph.outputs[i];
  std::vector<Value*> results;
  for (const c10::IValue& v : script_.results) results.push_back(write(v, redirects, true));
  return results;
}

}  // namespace tenon::torch_bridge
