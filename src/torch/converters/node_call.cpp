// SPDX-License-Identifier: Apache-2.0
#include "torch/converters/node_call.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "torch/converters/schema.h"
#include "torch/dtype.h"
#include "torch_tensorrt/core/conversion/converters/converter_util.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"

namespace tenon::torch_bridge {
namespace {

using torch_tensorrt::core::conversion::is_tensor_container;
using torch_tensorrt::core::conversion::TensorContainer;
using torch_tensorrt::core::conversion::to_ivalue;
using torch_tensorrt::core::conversion::converters::tensor_to_const;

c10::TypePtr type_of(const ir::Type& type) {
  std::vector<std::optional<int64_t>> sizes;
  for (const ir::SymDim& d : type.shape)
    sizes.push_back(d.is_const() ? std::optional<int64_t>(d.value()) : std::nullopt);
  return c10::TensorType::create(scalar_type(type.dtype), std::nullopt,
                                 c10::VaryingShape<int64_t>(std::move(sizes)),
                                 c10::VaryingShape<int64_t>(type.shape.size()), std::nullopt);
}

/// Torch keeps names that are numbers, and no name, for itself.
void name(torch::jit::Value* value, const std::string& text) {
  const bool number = text.find_first_not_of("0123456789") == std::string::npos;
  if (!number) value->setDebugName(text);
}

}  // namespace

NodeCall::NodeCall(const c10::FunctionSchema& schema, convert::Ctx& c, const ir::Node& n,
                   ConversionCtx& ctx)
    : c_(c), n_(n), ctx_(ctx) {
  if (!n.origin.module.empty()) graph_->push_scope(n.origin.module);
  std::vector<torch::jit::Value*> inputs;
  for (const c10::Argument& a : schema.arguments()) inputs.push_back(add_argument(a));
  add_node(schema, inputs);
}

torch::jit::Value* NodeCall::add_argument(const c10::Argument& argument) {
  const ir::Attr* attr = n_.find(argument.name());
  if (!attr) return add_constant(argument, argument.default_value().value_or(c10::IValue()));
  if (const auto* ref = std::get_if<ir::Ref>(attr)) return add_tensor(argument, *ref);
  if (const auto* refs = std::get_if<std::vector<ir::Ref>>(attr))
    return add_tensors(argument, *refs);
  return add_constant(argument, value_of(argument, *attr));
}

ITensor* NodeCall::tensor(const ir::Value* v) const {
  const auto it = c_.values.find(v);
  c_.require(it != c_.values.end(), "%", v->name, " is a result that ",
             v->producer() ? v->producer()->op : "the program", " does not give in an engine");
  return convert::tensor_of(c_, it->second);
}

torch::jit::Value* NodeCall::add_input(const ir::Value* v) {
  torch::jit::Value* value = graph_->addInput();
  name(value, v->name);
  value->setType(type_of(v->type));
  ctx_.value_tensor_map[value] = tensor(v);
  return value;
}

torch::jit::Value* NodeCall::add_tensor(const c10::Argument& argument, ir::Ref ref) {
  const ir::Value* v = ref.input < 0 ? nullptr : n_.input(static_cast<size_t>(ref.input));
  if (!v) return add_constant(argument, {});
  if (const auto constant = ir::constant_of(v)) return add_constant(argument, tensor_of(constant));
  torch::jit::Value* value = add_input(v);
  args_.emplace_back(ctx_.value_tensor_map.at(value));
  args_.back().set_name(argument.name());
  return value;
}

/// A list of constants is a constant; one with a tensor of the network is a list of anything.
torch::jit::Value* NodeCall::add_tensors(const c10::Argument& argument,
                                         const std::vector<ir::Ref>& refs) {
  std::vector<torch::jit::Value*> elements;
  c10::impl::GenericList list(c10::AnyType::get());
  bool all_constant = true, all_present = true;
  for (const ir::Ref& ref : refs) {
    const ir::Value* v = ref.input < 0 ? nullptr : n_.input(static_cast<size_t>(ref.input));
    const auto constant = v ? ir::constant_of(v) : nullptr;
    if (!v || constant) {
      list.push_back(constant ? c10::IValue(tensor_of(constant)) : c10::IValue());
      elements.push_back(graph_->insertConstant(list.get(list.size() - 1)));
    } else {
      elements.push_back(add_input(v));
      list.push_back(to_ivalue(tensor(v)));
    }
    all_present = all_present && v;
    all_constant = all_constant && (!v || constant);
  }
  if (all_constant && all_present) {
    c10::List<at::Tensor> typed;
    for (size_t i = 0; i < list.size(); ++i) typed.push_back(list.get(i).toTensor());
    return add_constant(argument, std::move(typed));
  }
  const c10::TypePtr element =
      all_present ? c10::TypePtr(c10::TensorType::get()) : c10::OptionalType::ofTensor();
  torch::jit::Node* made = graph_->insertNode(graph_->createList(element, elements));
  return keep(made->output(), std::move(list), argument.name());
}

torch::jit::Value* NodeCall::keep(torch::jit::Value* value, c10::IValue ivalue,
                                  const std::string& name) {
  ctx_.evaluated_value_map[value] = ivalue;
  values_.push_back(std::move(ivalue));
  args_.emplace_back(&values_.back(), &ctx_);
  args_.back().set_name(name);
  return value;
}

torch::jit::Value* NodeCall::add_constant(const c10::Argument& argument, c10::IValue value) {
  torch::jit::Value* v = graph_->insertConstant(value);
  return keep(v, std::move(value), argument.name());
}

void NodeCall::add_node(const c10::FunctionSchema& schema,
                        const std::vector<torch::jit::Value*>& inputs) {
  const auto& returns = schema.returns();
  node_ = graph_->create(c10::Symbol::fromQualString(schema.name()), inputs, returns.size());
  const std::string& place = n_.origin.location;
  node_->setSourceRange({std::make_shared<torch::jit::Source>(place), 0, place.size()});
  graph_->insertNode(node_);
  for (size_t i = 0; i < returns.size(); ++i) {
    torch::jit::Value* out = node_->output(i);
    out->setType(returns[i].type());
    const bool tensor = returns[i].type()->kind() == c10::TypeKind::TensorType;
    if (!tensor || i >= n_.outputs().size()) continue;
    name(out, n_.output(i)->name);
    out->setType(type_of(n_.output(i)->type));
  }
}

std::vector<ITensor*> NodeCall::results() const {
  std::vector<ITensor*> out;
  for (const torch::jit::Value* value : node_->outputs()) append_result(value, out);
  return out;
}

void NodeCall::append_result(const torch::jit::Value* value, std::vector<ITensor*>& out) const {
  const auto tensor = ctx_.value_tensor_map.find(value);
  if (tensor != ctx_.value_tensor_map.end()) return out.push_back(tensor->second);
  const auto known = ctx_.evaluated_value_map.find(value);
  if (known == ctx_.evaluated_value_map.end()) return out.push_back(nullptr);
  if (!known->second.isList()) return out.push_back(frozen(known->second));
  for (const c10::IValue& element : known->second.toListRef()) out.push_back(frozen(element));
}

ITensor* NodeCall::frozen(const c10::IValue& value) const {
  if (is_tensor_container(value)) return value.toCustomClass<TensorContainer>()->tensor();
  c_.require(value.isTensor(), "a result was associated with a value of type ", value.tagKind(),
             ", wanted a tensor");
  return tensor_to_const(&ctx_, value.toTensor());
}

}  // namespace tenon::torch_bridge
