// SPDX-License-Identifier: Apache-2.0
// What python/torch_tensorrt/ts calls: modules travel as objects of type Any, everything else as
// JSON. `progress` is the address of a tenon_progress function, or 0.
#include <ATen/ops/empty.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/library.h>

#include <cstring>

#include "base/error.h"
#include "tenon/c_api.h"
#include "torch/script/request.h"

namespace tenon::torch_bridge {
namespace {

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
        [](const c10::IValue& a, const std::string& b, int64_t c) {
          return script_compile(a, b, c);
        });
  m.def("_script_plan(Any module, str request, int progress) -> Tensor", script_plan);
  m.def("_script_embed(Tensor plan, str[] inputs, str[] outputs) -> Any", script_embed);
  m.def("_script_unsupported(Any module, str method) -> str", script_unsupported);
}

}  // namespace
}  // namespace tenon::torch_bridge
