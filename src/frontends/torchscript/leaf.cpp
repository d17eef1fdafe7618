// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/leaf.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>

namespace tenon::torchscript {
namespace {

c10::IValue capsule(LeafPtr leaf) {
  return c10::IValue::make_capsule(c10::intrusive_ptr<torch::CustomClassHolder>(std::move(leaf)));
}

/// Calls `visit` for each element; false ends it. Returns whether it went to the end.
bool for_elements(const c10::IValue& v, const std::function<bool(const c10::IValue&)>& visit) {
  if (v.isTuple()) {
    for (const c10::IValue& e : v.toTupleRef().elements())
      if (!visit(e)) return false;
  } else if (v.isList()) {
    const auto list = v.toListRef();
    for (const c10::IValue& e : list)
      if (!visit(e)) return false;
  } else if (v.isGenericDict()) {
    for (const auto& entry : v.toGenericDict())
      if (!visit(entry.value())) return false;
  }
  return true;
}

}  // namespace

c10::IValue value_leaf(ir::Value* value, c10::TypePtr type) {
  auto leaf = c10::make_intrusive<Leaf>();
  leaf->value = value;
  leaf->type = std::move(type);
  return capsule(std::move(leaf));
}

c10::IValue size_leaf(const ir::SymDim& size) {
  if (size.is_const()) return size.value();
  auto leaf = c10::make_intrusive<Leaf>();
  leaf->size = size;
  leaf->type = c10::IntType::get();
  return capsule(std::move(leaf));
}

c10::IValue size_tensor_leaf(const ir::SymDim& size) {
  auto leaf = c10::make_intrusive<Leaf>();
  leaf->size = size;
  leaf->as_tensor = true;
  leaf->type = c10::TensorType::get();
  return capsule(std::move(leaf));
}

c10::IValue uninitialized_leaf(c10::TypePtr type) {
  auto leaf = c10::make_intrusive<Leaf>();
  leaf->uninitialized = true;
  leaf->type = std::move(type);
  return capsule(std::move(leaf));
}

const Leaf* leaf_of(const c10::IValue& v) {
  return v.isCapsule() ? dynamic_cast<const Leaf*>(v.toCapsule().get()) : nullptr;
}

bool is_known(const c10::IValue& v) {
  if (v.isCapsule()) return leaf_of(v) == nullptr;
  return for_elements(v, [](const c10::IValue& e) { return is_known(e); });
}

void visit_leaves(const c10::IValue& v, const std::function<void(const Leaf&)>& visit) {
  if (const Leaf* leaf = leaf_of(v)) return visit(*leaf);
  for_elements(v, [&](const c10::IValue& e) {
    visit_leaves(e, visit);
    return true;
  });
}

c10::IValue transform(const c10::IValue& v,
                      const std::function<c10::IValue(const c10::IValue&)>& replace) {
  if (v.isTuple()) {
    std::vector<c10::IValue> elements;
    for (const c10::IValue& e : v.toTupleRef().elements())
      elements.push_back(transform(e, replace));
    if (const auto type = v.toTupleRef().type<c10::TupleType>(); type->schema())
      return c10::ivalue::Tuple::createNamed(std::move(elements), type);
    return c10::ivalue::Tuple::create(std::move(elements));
  }
  if (v.isList()) {
    const c10::List<c10::IValue> list = v.toList();
    c10::impl::GenericList out(list.elementType());
    out.reserve(list.size());
    for (const c10::IValue& e : v.toListRef()) out.push_back(transform(e, replace));
    return out;
  }
  if (v.isGenericDict()) {
    const auto dict = v.toGenericDict();
    c10::impl::GenericDict out(dict.keyType(), dict.valueType());
    for (const auto& entry : dict) out.insert(entry.key(), transform(entry.value(), replace));
    return out;
  }
  return leaf_of(v) || v.isTensor() ? replace(v) : v;
}

std::optional<ir::SymDim> as_size(const c10::IValue& v) {
  if (v.isInt()) return ir::SymDim(v.toInt());
  const Leaf* leaf = leaf_of(v);
  if (leaf && leaf->is_size()) return leaf->size;
  return std::nullopt;
}

}  // namespace tenon::torchscript
