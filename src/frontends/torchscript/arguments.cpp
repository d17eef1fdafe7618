// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/arguments.h"

#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>
#include <c10/core/Layout.h>
#include <c10/core/MemoryFormat.h>

#include <algorithm>

#include "frontends/torchscript/leaf.h"
#include "frontends/torchscript/types.h"

namespace tenon::torchscript {
namespace {

class Translator {
 public:
  explicit Translator(ir::Node* node) : node_(node) {}

  ir::Attr attr(const c10::IValue& v, const c10::TypePtr& type) {
    if (v.isNone()) return std::monostate{};
    if (const Leaf* leaf = leaf_of(v)) return of_leaf(*leaf);
    if (v.isInt()) return integer(v.toInt(), type);
    if (v.isDouble()) return v.toDouble();
    if (v.isBool()) return v.toBool();
    if (v.isString()) return v.toStringRef();
    if (v.isDevice()) return v.toDevice().str();
    if (v.isList()) return list(v);
    visit_leaves(v, [&](const Leaf& leaf) {
      if (leaf.value) reference(leaf.value);
    });
    return "unsupported: argument of kind " + v.tagKind();
  }

 private:
  ir::Attr of_leaf(const Leaf& leaf) {
    if (leaf.value) return reference(leaf.value);
    if (leaf.uninitialized) return std::string("unsupported: no value");
    return leaf.size;
  }

  ir::Ref reference(ir::Value* value) {
    node_->inputs.push_back(value);
    return ir::Ref{static_cast<int>(node_->inputs.size()) - 1};
  }

  static ir::Attr integer(int64_t number, const c10::TypePtr& type) {
    const auto* optional = type->castRaw<c10::OptionalType>();
    const auto kind = (optional ? optional->getElementType() : type)->kind();
    if (kind == c10::TypeKind::ScalarTypeType) {
      const auto dtype = static_cast<at::ScalarType>(number);
      if (const auto ours = data_type(dtype)) return *ours;
      return std::string("unsupported: dtype ") + c10::toString(dtype);
    }
    if (kind == c10::TypeKind::LayoutType)
      return number == static_cast<int64_t>(at::kStrided) ? std::string("strided")
                                                          : "unsupported: layout";
    if (kind == c10::TypeKind::MemoryFormatType) {
      switch (static_cast<at::MemoryFormat>(number)) {
        case at::MemoryFormat::Contiguous:
          return std::string("contiguous_format");
        case at::MemoryFormat::Preserve:
          return std::string("preserve_format");
        case at::MemoryFormat::ChannelsLast:
          return std::string("channels_last");
        case at::MemoryFormat::ChannelsLast3d:
          return std::string("channels_last_3d");
        default:
          return std::string("unknown");
      }
    }
    return number;
  }

  ir::Attr list(const c10::IValue& v) {
    const auto elements = v.toListRef();
    const auto all = [&](auto is) { return std::all_of(elements.begin(), elements.end(), is); };
    const auto is_value = [](const c10::IValue& e) {
      const Leaf* leaf = leaf_of(e);
      return e.isNone() || (leaf && leaf->value);
    };
    if (elements.empty()) return empty(v.toList().elementType());
    if (all([](const auto& e) { return e.isInt(); })) return v.toIntVector();
    if (all([](const auto& e) { return as_size(e).has_value(); })) {
      std::vector<ir::SymDim> sizes;
      for (const auto& e : elements) sizes.push_back(*as_size(e));
      return sizes;
    }
    if (all([](const auto& e) { return e.isBool(); })) {
      std::vector<bool> out;
      for (const auto& e : elements) out.push_back(e.toBool());
      return out;
    }
    if (all([](const auto& e) { return e.isDouble() || e.isInt(); })) {
      std::vector<double> out;
      for (const auto& e : elements) out.push_back(e.toScalar().toDouble());
      return out;
    }
    if (all([](const auto& e) { return e.isString(); })) {
      std::vector<std::string> out;
      for (const auto& e : elements) out.push_back(e.toStringRef());
      return out;
    }
    if (all(is_value)) {
      std::vector<ir::Ref> refs;
      for (const auto& e : elements)
        refs.push_back(e.isNone() ? ir::Ref{} : reference(leaf_of(e)->value));
      return refs;
    }
    visit_leaves(v, [&](const Leaf& leaf) {
      if (leaf.value) reference(leaf.value);
    });
    return std::string("unsupported: a list of mixed or nested values");
  }

  static ir::Attr empty(const c10::TypePtr& element) {
    switch (element->kind()) {
      case c10::TypeKind::TensorType:
      case c10::TypeKind::OptionalType:
        return std::vector<ir::Ref>{};
      case c10::TypeKind::FloatType:
        return std::vector<double>{};
      case c10::TypeKind::BoolType:
        return std::vector<bool>{};
      case c10::TypeKind::StringType:
        return std::vector<std::string>{};
      default:
        return std::vector<int64_t>{};
    }
  }

  ir::Node* node_;
};

}  // namespace

void set_arguments(ir::Node* node, const c10::FunctionSchema* schema,
                   const std::vector<c10::IValue>& arguments) {
  Translator translator(node);
  for (size_t i = 0; i < arguments.size(); ++i) {
    const bool named = schema && i < schema->arguments().size();
    const std::string name = named ? schema->arguments()[i].name() : "arg" + std::to_string(i);
    const c10::TypePtr type = named ? schema->arguments()[i].real_type() : c10::AnyType::get();
    node->attrs.emplace_back(name, translator.attr(arguments[i], type));
  }
}

}  // namespace tenon::torchscript
