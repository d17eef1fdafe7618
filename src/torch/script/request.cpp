// SPDX-License-Identifier: Apache-2.0
#include "torch/script/request.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "torch/dtype.h"

namespace tenon::torch_bridge {
namespace {

using nlohmann::json;

at::ScalarType dtype_of(const std::string& name) {
  for (const auto type :
       {at::kFloat, at::kHalf, at::kChar, at::kInt, at::kBool, at::kByte, at::kFloat8_e4m3fn,
        at::kBFloat16, at::kLong, at::kDouble, at::kShort, at::kComplexFloat, at::kComplexDouble})
    if (name == torch_name(type)) return type;
  throw Error("an input has dtype " + name + ", which is not supported");
}

/// {"tuple": [...]}, {"list": [...]}, {"dict": {...}}, an index, or null.
c10::IValue signature_of(const json& tree) {
  if (tree.is_null()) return {};
  if (tree.is_number_integer()) return tree.get<int64_t>();
  if (tree.contains("dict")) {
    c10::impl::GenericDict dict(c10::StringType::get(), c10::AnyType::get());
    for (const auto& [key, value] : tree.at("dict").items()) dict.insert(key, signature_of(value));
    return dict;
  }
  if (tree.contains("tuple")) {
    std::vector<c10::IValue> elements;
    for (const json& e : tree.at("tuple")) elements.push_back(signature_of(e));
    return c10::ivalue::Tuple::create(std::move(elements));
  }
  c10::impl::GenericList list(c10::AnyType::get());
  for (const json& e : tree.at("list")) list.push_back(signature_of(e));
  return list;
}

}  // namespace

ScriptRequest request_of(const std::string& text) {
  const json root = json::parse(text);
  ScriptRequest request;
  request.method = root.at("method").get<std::string>();
  std::vector<std::string> warnings;
  request.options = parse_options(root.at("options").dump(), &warnings);
  for (const std::string& w : warnings) log(LogLevel::kWarning, w);
  for (const json& in : root.at("inputs"))
    request.inputs.inputs.push_back(
        {in.at("min"), in.at("opt"), in.at("max"), dtype_of(in.at("dtype").get<std::string>())});
  request.inputs.signature = signature_of(root.at("signature"));
  return request;
}

}  // namespace tenon::torch_bridge
