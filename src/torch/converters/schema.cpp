// SPDX-License-Identifier: Apache-2.0
#include "torch/converters/schema.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.h"
#include "torch/dtype.h"

namespace tenon::torch_bridge {
namespace {

using c10::TypeKind;

c10::TypePtr bare(const c10::TypePtr& type) {
  const auto optional = type->cast<c10::OptionalType>();
  return optional ? optional->getElementType() : type;
}

template <typename T>
c10::IValue same_list(const std::vector<T>& values) {
  c10::List<T> list;
  list.reserve(values.size());
  for (const T v : values) list.push_back(v);
  return list;
}

bool fixed(const ir::SymDim& size) { return size.is_const(); }

/// Why an attribute has no value now; "" if it has.
std::string refusal(const ir::Node& node, const ir::Attr& attr) {
  const auto unknown = [](const std::string& expression) {
    return "is known only at run time (" + expression + ")";
  };
  if (const auto* s = std::get_if<ir::SymDim>(&attr); s && !fixed(*s)) return unknown(s->str());
  if (const auto* list = std::get_if<std::vector<ir::SymDim>>(&attr)) {
    const auto it = std::find_if_not(list->begin(), list->end(), fixed);
    if (it != list->end()) return unknown(it->str());
  }
  if (const auto* text = std::get_if<std::string>(&attr))
    if (text->rfind("unsupported", 0) == 0) return "is " + *text;
  const auto operand = [&](const ir::Ref& ref) -> std::string {
    const ir::Value* v = ref.input < 0 ? nullptr : node.input(static_cast<size_t>(ref.input));
    if (!v || v->type.kind == ir::Kind::kTensor) return "";
    return v->type.kind == ir::Kind::kSize ? unknown(v->type.size.str())
                                           : "is %" + v->name + ", which is no tensor";
  };
  if (const auto* ref = std::get_if<ir::Ref>(&attr)) return operand(*ref);
  if (const auto* refs = std::get_if<std::vector<ir::Ref>>(&attr))
    for (const ir::Ref& r : *refs)
      if (std::string why = operand(r); !why.empty()) return why;
  return "";
}

[[noreturn]] void mismatch(const c10::Argument& argument, const ir::Attr& attr) {
  throw Error(detail::concat("argument ", argument.name(), " is ", ir::str(attr),
                             ", the schema wants ", argument.type()->annotation_str()));
}

c10::IValue memory_format(const std::string& name) {
  if (name == "contiguous_format") return static_cast<int64_t>(at::MemoryFormat::Contiguous);
  if (name == "preserve_format") return static_cast<int64_t>(at::MemoryFormat::Preserve);
  if (name == "channels_last") return static_cast<int64_t>(at::MemoryFormat::ChannelsLast);
  if (name == "channels_last_3d") return static_cast<int64_t>(at::MemoryFormat::ChannelsLast3d);
  throw Error("memory format '" + name + "' is not known");
}

c10::IValue from_string(const c10::Argument& argument, const std::string& text) {
  switch (bare(argument.real_type())->kind()) {
    case TypeKind::DeviceObjType:
      return c10::Device(text);
    case TypeKind::MemoryFormatType:
      return memory_format(text);
    case TypeKind::LayoutType:
      TENON_CHECK(text == "strided", "argument ", argument.name(), " is layout '", text,
                  "', wanted strided");
      return static_cast<int64_t>(at::kStrided);
    case TypeKind::StringType:
      return text;
    default:
      mismatch(argument, ir::Attr(text));
  }
}

/// A number in the type of the schema; one number may stand for a list ("int[2] stride=1").
template <typename T>
c10::IValue from_number(const c10::Argument& argument, const c10::TypePtr& type, T v) {
  switch (type->kind()) {
    case TypeKind::FloatType:
      return static_cast<double>(v);
    case TypeKind::BoolType:
      if (std::is_floating_point_v<T>) mismatch(argument, ir::Attr(v));
      return v != 0;
    case TypeKind::IntType:
      if (std::is_floating_point_v<T>) mismatch(argument, ir::Attr(v));
      return static_cast<int64_t>(v);
    case TypeKind::NumberType:
    case TypeKind::AnyType:
      return v;
    case TypeKind::ListType: {
      const c10::TypePtr element = type->expectRef<c10::ListType>().getElementType();
      c10::impl::GenericList list(element);
      for (int32_t i = 0; i < argument.N().value_or(1); ++i)
        list.push_back(from_number(argument, element, v));
      if (element->kind() == TypeKind::FloatType) return c10::impl::toTypedList<double>(list);
      if (element->kind() == TypeKind::BoolType) return c10::impl::toTypedList<bool>(list);
      if (element->kind() == TypeKind::IntType) return c10::impl::toTypedList<int64_t>(list);
      return list;
    }
    default:
      mismatch(argument, ir::Attr(v));
  }
}

c10::IValue from_ints(const c10::Argument& argument, const std::vector<int64_t>& values) {
  const auto list = bare(argument.type())->cast<c10::ListType>();
  if (!list) mismatch(argument, ir::Attr(values));
  const c10::TypePtr element = bare(list->getElementType());
  switch (element->kind()) {
    case TypeKind::FloatType:
      return same_list(std::vector<double>(values.begin(), values.end()));
    case TypeKind::BoolType:
      return same_list(std::vector<bool>(values.begin(), values.end()));
    case TypeKind::TensorType:  // an empty list comes in any element type
      if (values.empty()) return c10::List<at::Tensor>();
      mismatch(argument, ir::Attr(values));
    default:
      return same_list(values);
  }
}

}  // namespace

std::string op_name(const c10::OperatorName& name) {
  return name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
}

at::Tensor tensor_of(const ir::ConstantPtr& constant) {
  TENON_CHECK(constant->has_data() || constant->bytes == 0, "constant '", constant->name,
              "' has no data");
  const auto options = at::TensorOptions().dtype(scalar_type(constant->dtype));
  if (constant->bytes == 0) return at::empty(constant->shape, options);
  const std::shared_ptr<const void> data = constant->materialise();
  return at::from_blob(const_cast<void*>(data.get()), constant->shape, [data](void*) {}, options);
}

Support fits(const c10::FunctionSchema& schema, const ir::Node& node) {
  for (const auto& [name, attr] : node.attrs) {
    if (!schema.argumentIndexWithName(name))
      return Support::no("its schema has no argument '" + name + "', which the node gives");
    if (const std::string why = refusal(node, attr); !why.empty())
      return Support::no("argument " + name + " " + why);
  }
  for (const c10::Argument& a : schema.arguments()) {
    const bool optional = a.type()->kind() == TypeKind::OptionalType;
    if (!node.has(a.name()) && !a.default_value() && !optional)
      return Support::no("the node gives no argument '" + a.name() + "', which its schema wants");
  }
  return Support::yes();
}

c10::IValue value_of(const c10::Argument& argument, const ir::Attr& attr) {
  const c10::TypePtr type = bare(argument.type());
  if (std::holds_alternative<std::monostate>(attr)) return {};
  if (const auto* b = std::get_if<bool>(&attr))
    return type->kind() == TypeKind::BoolType || type->kind() == TypeKind::NumberType
               ? c10::IValue(*b)
               : from_number(argument, type, int64_t{*b});
  if (const auto* i = std::get_if<int64_t>(&attr)) return from_number(argument, type, *i);
  if (const auto* d = std::get_if<double>(&attr)) return from_number(argument, type, *d);
  if (const auto* text = std::get_if<std::string>(&attr)) return from_string(argument, *text);
  if (const auto* dtype = std::get_if<DataType>(&attr))
    return static_cast<int64_t>(scalar_type(*dtype));
  if (const auto* s = std::get_if<ir::SymDim>(&attr))
    return from_number(argument, type, s->value());
  if (const auto* list = std::get_if<std::vector<int64_t>>(&attr))
    return from_ints(argument, *list);
  if (const auto* list = std::get_if<std::vector<double>>(&attr)) return same_list(*list);
  if (const auto* list = std::get_if<std::vector<bool>>(&attr)) return same_list(*list);
  if (const auto* list = std::get_if<std::vector<std::string>>(&attr)) {
    c10::List<std::string> out;
    for (const std::string& s : *list) out.push_back(s);
    return out;
  }
  if (const auto* list = std::get_if<std::vector<ir::SymDim>>(&attr)) {
    std::vector<int64_t> values;
    for (const ir::SymDim& s : *list) values.push_back(s.value());
    return from_ints(argument, values);
  }
  if (const auto* constant = std::get_if<ir::ConstantPtr>(&attr)) return tensor_of(*constant);
  mismatch(argument, attr);
}

}  // namespace tenon::torch_bridge
