// SPDX-License-Identifier: Apache-2.0
// What python/torch_tensorrt/ts calls: modules travel as objects of type Any, everything else as
// JSON. `progress` is the address of a tenon_progress function, or 0.
#include <ATen/ops/empty.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/library.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "tenon/c_api.h"
#include "torch/dtype.h"
#include "torch/script/compile_script.h"

namespace tenon::torch_bridge {
namespace {

using nlohmann::json;

torch::jit::Module module_of(const c10::IValue& v) {
  TENON_CHECK(v.isModule(), "wanted a ScriptModule, got ", v.tagKind());
  return v.toModule();
}

Progress progress_of(int64_t address) {
  if (!address) return {};
  const auto call = reinterpret_cast<tenon_progress>(address);
  return [call](const std::string& stage, int done, int total) {
    return call(stage.c_str(), done, total, nullptr) != 0;
  };
}

at::ScalarType dtype_of(const std::string& name) {
  for (const auto type : {at::kFloat, at::kHalf, at::kChar, at::kInt, at::kBool, at::kByte,
                          at::kFloat8_e4m3fn, at::kBFloat16, at::kLong, at::kDouble, at::kShort,
                          at::kComplexFloat, at::kComplexDouble})
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

ScriptRequest request_of(const std::string& text) {
  const json root = json::parse(text);
  ScriptRequest request;
  request.method = root.at("method").get<std::string>();
  std::vector<std::string> warnings;
  request.options = parse_options(root.at("options").dump(), &warnings);
  for (const std::string& w : warnings) log(LogLevel::kWarning, w);
  for (const json& in : root.at("inputs"))
    request.inputs.inputs.push_back({in.at("min"), in.at("opt"), in.at("max"),
                                     dtype_of(in.at("dtype").get<std::string>())});
  request.inputs.signature = signature_of(root.at("signature"));
  return request;
}

at::Tensor tensor_of(const std::string& bytes) {
  at::Tensor out = at::empty({static_cast<int64_t>(bytes.size())}, at::TensorOptions(at::kByte));
  std::memcpy(out.mutable_data_ptr(), bytes.data(), bytes.size());
  return out;
}

std::tuple<c10::IValue, std::string> script_compile(const c10::IValue& module,
                                                    const std::string& request, int64_t progress) {
  std::string report;
  const auto compiled =
      compile_script(module_of(module), request_of(request), progress_of(progress), &report);
  return {c10::IValue(compiled._ivalue()), report};
}

at::Tensor script_plan(const c10::IValue& module, const std::string& request, int64_t progress) {
  return tensor_of(script_to_plan(module_of(module), request_of(request), progress_of(progress)));
}

c10::IValue script_embed(const at::Tensor& plan, const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs) {
  TENON_CHECK(plan.is_cpu() && plan.scalar_type() == at::kByte && plan.is_contiguous(),
              "a plan is a contiguous uint8 tensor on the cpu");
  const std::string bytes(static_cast<const char*>(plan.const_data_ptr()), plan.nbytes());
  return embed_plan(bytes, inputs, outputs)._ivalue();
}

/// A line per kind of op that has no converter.
std::string script_unsupported(const c10::IValue& module, const std::string& method) {
  std::string reasons;
  static_cast<void>(check_method_support(module_of(module), method, &reasons));
  return reasons;
}

TORCH_LIBRARY_FRAGMENT(tensorrt, m) {
  m.def("_script_compile(Any module, str request, int progress) -> (Any, str)",
        [](const c10::IValue& a, const std::string& b, int64_t c) { return script_compile(a, b, c); });
  m.def("_script_plan(Any module, str request, int progress) -> Tensor", script_plan);
  m.def("_script_embed(Tensor plan, str[] inputs, str[] outputs) -> Any", script_embed);
  m.def("_script_unsupported(Any module, str method) -> str", script_unsupported);
}

}  // namespace
}  // namespace tenon::torch_bridge
