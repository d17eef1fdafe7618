// SPDX-License-Identifier: Apache-2.0
#include "driver/network_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace tenon::driver {

using json = nlohmann::ordered_json;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json parse_json(const std::string& what, const char* text) {
  if (!text || !*text) return json::object();
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  TENON_CHECK(!value.is_discarded(), what,
              " is not valid JSON: ", std::string(text).substr(0, 200));
  return value;
}

json number_json(double value) {
  if (std::isnan(value)) return {{"float", "nan"}};
  if (std::isinf(value)) return {{"float", value > 0 ? "inf" : "-inf"}};
  return value;
}

json size_json(const ir::SymDim& size) {
  return size.is_const() ? json(size.value()) : json(size.str());
}

json shape_json(const ir::SymShape& shape) {
  json list = json::array();
  for (const ir::SymDim& d : shape) list.push_back(size_json(d));
  return list;
}

namespace {

template <typename T, typename Item>
json list_json(const std::vector<T>& items, Item item) {
  json list = json::array();
  for (const T& i : items) list.push_back(item(i));
  return list;
}

double number_from(const json& value) {
  if (!value.is_object()) return value.get<double>();
  const std::string text = value.at("float").get<std::string>();
  return text == "nan" ? NAN : text == "inf" ? INFINITY : -INFINITY;
}

bool is_number(const json& value) {
  return value.is_number() ||
         (value.is_object() && value.contains("float") && value.at("float").is_string());
}

bool all(const json& value, bool (json::*test)() const noexcept) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [&](const json& v) { return (v.*test)(); });
}

}  // namespace

json attr_json(const ir::Attr& attr) {
  if (const auto* v = std::get_if<bool>(&attr)) return *v;
  if (const auto* v = std::get_if<int64_t>(&attr)) return *v;
  if (const auto* v = std::get_if<double>(&attr)) return number_json(*v);
  if (const auto* v = std::get_if<std::string>(&attr)) return *v;
  if (const auto* v = std::get_if<DataType>(&attr)) return static_cast<int>(*v);
  if (const auto* v = std::get_if<std::vector<int64_t>>(&attr)) return *v;
  if (const auto* v = std::get_if<std::vector<double>>(&attr)) return list_json(*v, number_json);
  if (const auto* v = std::get_if<std::vector<std::string>>(&attr)) return *v;
  if (const auto* v = std::get_if<ir::SymShape>(&attr)) return shape_json(*v);
  return nullptr;
}

ir::SymShape shape_from(const std::string& what, const json& value) {
  TENON_CHECK(value.is_array(), what, " is ", dump(value), ", wanted a list of sizes");
  ir::SymShape shape;
  for (const json& v : value) {
    TENON_CHECK(v.is_number_integer() || v.is_string(), what, " contains ", dump(v),
                ", wanted a number or an expression");
    shape.push_back(v.is_string() ? ir::SymDim::parse(v.get<std::string>())
                                  : ir::SymDim(v.get<int64_t>()));
  }
  return shape;
}

namespace {

const char* phrase(net::AttrType type) {
  using T = net::AttrType;
  switch (type) {
    case T::kInt:
      return "a whole number";
    case T::kFloat:
      return "a number";
    case T::kBool:
      return "true or false";
    case T::kInts:
      return "a list of whole numbers";
    case T::kFloats:
      return "a list of numbers";
    case T::kStrings:
      return "a list of strings";
    case T::kSizes:
      return "a list of sizes";
    case T::kDType:
      return "the number of a DataType";
    case T::kStr:
      return "a string";
  }
  return "";
}

bool fits(net::AttrType type, const json& v) {
  using T = net::AttrType;
  switch (type) {
    case T::kInt:
    case T::kDType:
      return v.is_number_integer();
    case T::kFloat:
      return is_number(v);
    case T::kBool:
      return v.is_boolean();
    case T::kInts:
      return all(v, &json::is_number_integer);
    case T::kFloats:
      return v.is_array() && std::all_of(v.begin(), v.end(), is_number);
    case T::kStrings:
      return all(v, &json::is_string);
    case T::kSizes:
      return v.is_array();
    case T::kStr:
      return v.is_string();
  }
  return false;
}

DataType dtype_from(int64_t number) {
  const auto type = static_cast<DataType>(number);
  TENON_CHECK(size_of(type) > 0, number, " is not the number of a DataType that layers compute in");
  return type;
}

}  // namespace

ir::Attr attr_from(const std::string& op, const net::AttrDef& def, const json& v) {
  const std::string what = op + ": attribute \"" + def.name + "\"";
  TENON_CHECK(fits(def.type, v), what, " is ", dump(v), ", wanted ", phrase(def.type));
  using T = net::AttrType;
  switch (def.type) {
    case T::kInt:
      return v.get<int64_t>();
    case T::kFloat:
      return number_from(v);
    case T::kBool:
      return v.get<bool>();
    case T::kInts:
      return v.get<std::vector<int64_t>>();
    case T::kStrings:
      return v.get<std::vector<std::string>>();
    case T::kSizes:
      return shape_from(what, v);
    case T::kDType:
      return dtype_from(v.get<int64_t>());
    case T::kStr:
      return v.get<std::string>();
    case T::kFloats:
      break;
  }
  std::vector<double> numbers;
  for (const json& item : v) numbers.push_back(number_from(item));
  return numbers;
}

namespace {

json value_json(const ir::Value& v) {
  json out = {{"name", v.name}};
  if (v.type.kind == ir::Kind::kSize) out["size"] = size_json(v.type.size);
  if (v.type.kind != ir::Kind::kTensor) return out;
  out["dtype"] = static_cast<int>(v.type.dtype);
  out["shape"] = shape_json(v.type.shape);
  return out;
}

/// A number is itself; a run-time size says so, because a string may be one of the op's.
json size_argument(const ir::SymDim& d) {
  return d.is_const() ? json(d.value()) : json{{"size", d.str()}};
}

json reference(const ir::Node& n, ir::Ref ref) {
  if (ref.input < 0) return nullptr;
  const ir::Value* v = n.input(static_cast<size_t>(ref.input));
  if (v && v->type.kind == ir::Kind::kSize) return size_argument(v->type.size);
  return {{"tensor", ref.input}};
}

json argument_json(const ir::Node& n, const ir::Attr& attr) {
  if (const auto* v = std::get_if<ir::SymDim>(&attr)) return size_argument(*v);
  if (const auto* v = std::get_if<ir::SymShape>(&attr)) return list_json(*v, size_argument);
  if (const auto* v = std::get_if<ir::Ref>(&attr)) return reference(n, *v);
  if (const auto* v = std::get_if<DataType>(&attr)) return {{"dtype", static_cast<int>(*v)}};
  if (const auto* v = std::get_if<std::vector<ir::Ref>>(&attr))
    return list_json(*v, [&](ir::Ref r) { return reference(n, r); });
  if (const auto* v = std::get_if<std::vector<bool>>(&attr)) return *v;
  return attr_json(attr);
}

}  // namespace

json node_json(const ir::Node& n) {
  json out = {{"op", n.op},
              {"name", n.origin.node},
              {"target", n.origin.op},
              {"module", n.origin.module},
              {"location", n.origin.location},
              {"inputs", json::array()},
              {"arguments", json::object()},
              {"outputs", json::array()}};
  for (const ir::Value* v : n.inputs) {
    json input = v ? value_json(*v) : json::object();
    input["constant"] = v && ir::constant_of(v) != nullptr;
    out["inputs"].push_back(std::move(input));
  }
  for (const auto& [name, attr] : n.attrs) out["arguments"][name] = argument_json(n, attr);
  for (const auto& v : n.outputs()) out["outputs"].push_back(value_json(*v));
  return out;
}

}  // namespace tenon::driver
