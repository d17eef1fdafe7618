// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/arguments.h"

#include <algorithm>

namespace tenon::frontends {
namespace {

constexpr int kMaxNesting = 16;

template <typename T, typename Read>
std::vector<T> list_of(const JsonRef& list, Read read) {
  std::vector<T> out;
  for (const JsonRef& item : list.items()) out.push_back(read(item));
  return out;
}

ir::Attr scalar_type_attr(const JsonRef& value) {
  const int64_t number = value.integer();
  if (const auto type = scalar_type(number)) return *type;
  return "unsupported: dtype " + scalar_type_name(number);
}

template <size_t N>
ir::Attr enum_attr(const JsonRef& value, const char* const (&names)[N]) {
  const int64_t number = value.integer();
  if (number < 0 || number >= static_cast<int64_t>(N)) {
    value.fail("is ", number, ", want 0 to ", N - 1);
  }
  return std::string(names[number]);
}

ir::Attr memory_format_attr(const JsonRef& value) {
  static constexpr const char* kNames[] = {"unknown", "contiguous_format", "channels_last",
                                           "channels_last_3d", "preserve_format"};
  return enum_attr(value, kNames);
}

ir::Attr layout_attr(const JsonRef& value) {
  static constexpr const char* kNames[] = {"unknown",    "sparse_coo", "sparse_csr", "sparse_csc",
                                           "sparse_bsr", "sparse_bsc", "mkldnn",     "strided"};
  return enum_attr(value, kNames);
}

ir::Attr device_attr(const JsonRef& value) {
  const std::string& type = value.at("type").string();
  const auto index = value.find("index");
  return index ? type + ":" + std::to_string(index->integer()) : type;
}

/// Kinds that need no value of the graph.
bool plain(const std::string& kind, const JsonRef& value, ir::Attr* out) {
  auto integer = [](const JsonRef& v) { return v.integer(); };
  auto number = [](const JsonRef& v) { return v.number(); };
  auto boolean = [](const JsonRef& v) { return v.boolean(); };
  auto string = [](const JsonRef& v) { return v.string(); };
  if (kind == "as_none")
    *out = std::monostate{};
  else if (kind == "as_int")
    *out = value.integer();
  else if (kind == "as_ints")
    *out = list_of<int64_t>(value, integer);
  else if (kind == "as_float")
    *out = value.number();
  else if (kind == "as_floats")
    *out = list_of<double>(value, number);
  else if (kind == "as_bool")
    *out = value.boolean();
  else if (kind == "as_bools")
    *out = list_of<bool>(value, boolean);
  else if (kind == "as_string")
    *out = value.string();
  else if (kind == "as_strings")
    *out = list_of<std::string>(value, string);
  else if (kind == "as_scalar_type")
    *out = scalar_type_attr(value);
  else if (kind == "as_memory_format")
    *out = memory_format_attr(value);
  else if (kind == "as_layout")
    *out = layout_attr(value);
  else if (kind == "as_device")
    *out = device_attr(value);
  else
    return false;
  return true;
}

}  // namespace

void ArgumentReader::read(const JsonRef& named_arguments, ir::Node* node) {
  const std::vector<JsonRef> list = named_arguments.items();
  for (size_t i = 0; i < list.size(); ++i) {
    const JsonRef name = list[i].at("name");
    // Higher-order operators have no schema, so their arguments have no names.
    const std::string key = name.string().empty() ? "arg" + std::to_string(i) : name.identifier();
    if (node->has(key)) name.fail("gives argument '", key, "' a second time");
    node->attrs.emplace_back(key, argument(list[i].at("arg"), node->inputs));
  }
}

ir::Attr ArgumentReader::argument(const JsonRef& arg, Inputs& inputs) {
  const auto [kind, value] = arg.single();
  ir::Attr attr;
  if (plain(kind, value, &attr)) return attr;
  if (kind == "as_tensor") return reference(value.at("name"), inputs);
  if (kind == "as_tensors") return tensors(value, inputs);
  if (kind == "as_optional_tensor") return optional_tensor(value, inputs);
  if (kind == "as_optional_tensors") {
    std::vector<ir::Ref> refs;
    for (const JsonRef& item : value.items()) {
      const ir::Attr one = optional_tensor(item, inputs);
      refs.push_back(std::holds_alternative<ir::Ref>(one) ? std::get<ir::Ref>(one) : ir::Ref{});
    }
    return refs;
  }
  if (kind == "as_sym_int") return sym_int(value, inputs);
  if (kind == "as_sym_ints") return sym_ints(value, inputs);
  if (kind == "as_sym_bool" || kind == "as_sym_float") return named_other(value, inputs);
  if (kind == "as_custom_obj") return reference(value.at("name"), inputs);
  return unsupported(kind, value, inputs);
}

ir::Ref ArgumentReader::reference(const JsonRef& name, Inputs& inputs) {
  inputs.push_back(scope_.use(name));
  return ir::Ref{static_cast<int>(inputs.size()) - 1};
}

ir::Attr ArgumentReader::tensors(const JsonRef& list, Inputs& inputs) {
  return list_of<ir::Ref>(list, [&](const JsonRef& t) { return reference(t.at("name"), inputs); });
}

ir::Attr ArgumentReader::optional_tensor(const JsonRef& arg, Inputs& inputs) {
  const auto [kind, value] = arg.single();
  if (kind == "as_none") return std::monostate{};
  if (kind != "as_tensor") arg.fail("is of kind '", kind, "', want as_tensor or as_none");
  return reference(value.at("name"), inputs);
}

ir::Attr ArgumentReader::sym_int(const JsonRef& arg, Inputs& inputs) {
  const auto [kind, value] = arg.single();
  if (kind == "as_int") return value.integer();
  if (kind != "as_name") arg.fail("is of kind '", kind, "', want as_name or as_int");
  const SizeAnswer answer = types_.size(value.string(), value);
  if (!answer.reason.empty()) return reference(value, inputs);
  if (answer.size.is_const()) return answer.size.value();
  return answer.size;
}

ir::Attr ArgumentReader::sym_ints(const JsonRef& list, Inputs& inputs) {
  std::vector<ir::SymDim> sizes;
  std::vector<int64_t> numbers;
  bool known = true;
  for (const JsonRef& item : list.items()) {
    const ir::Attr one = sym_int(item, inputs);
    if (const auto* number = std::get_if<int64_t>(&one)) {
      numbers.push_back(*number);
      sizes.emplace_back(*number);
    } else if (const auto* size = std::get_if<ir::SymDim>(&one)) {
      sizes.push_back(*size);
    } else {
      known = false;
    }
  }
  if (!known) return std::string("unsupported: a list with a size known only at run time");
  if (numbers.size() == sizes.size()) return numbers;
  return sizes;
}

ir::Attr ArgumentReader::named_other(const JsonRef& arg, Inputs& inputs) {
  const auto [kind, value] = arg.single();
  if (kind == "as_name") return reference(value, inputs);
  if (kind == "as_float") return value.number();
  if (kind == "as_bool") return value.boolean();
  arg.fail("is of kind '", kind, "', want as_name, as_float or as_bool");
}

ir::Attr ArgumentReader::unsupported(const std::string& kind, const JsonRef& value,
                                     Inputs& inputs) {
  // A subgraph names values of its own; what it takes from outside are arguments beside it.
  if (kind != "as_graph") add_values(value, inputs, 0);
  return "unsupported: argument of kind " + kind;
}

void ArgumentReader::add_values(const JsonRef& value, Inputs& inputs, int depth) {
  if (depth > kMaxNesting) value.fail("is nested deeper than ", kMaxNesting);
  if (value.is_array()) {
    for (const JsonRef& item : value.items()) add_values(item, inputs, depth + 1);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.members()) {
      if (key == "as_graph") continue;
      const bool name = (key == "name" || key == "as_name") && member.is_string();
      if (name && scope_.find(member.string())) inputs.push_back(scope_.use(member));
      if (!name) add_values(member, inputs, depth + 1);
    }
  }
}

}  // namespace tenon::frontends
