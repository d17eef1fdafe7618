// SPDX-License-Identifier: Apache-2.0
// torch._C._jit_to_backend("tensorrt", module, {"forward": spec}): each method named becomes one
// engine. A spec is the JSON that the other entry points take (python/torch_tensorrt/ts).
#include <ATen/ops/empty.h>
#include <torch/csrc/jit/backends/backend.h>
#include <torch/csrc/jit/backends/backend_preprocess.h>

#include <cstring>

#include "base/error.h"
#include "torch/engine_class.h"
#include "torch/script/request.h"

namespace tenon::torch_bridge {
namespace {

using c10::impl::GenericDict;
using c10::impl::GenericList;

class Backend : public torch::jit::PyTorchBackendInterface {
 public:
  bool is_available() override { return true; }

  /// Plans -> engines, by method.
  GenericDict compile(c10::IValue processed, GenericDict spec) override {
    GenericDict engines(c10::StringType::get(), c10::AnyType::get());
    for (const auto& entry : processed.toGenericDict())
      engines.insert(entry.key(), c10::make_intrusive<EngineClass>(entry.value().toTensor()));
    return engines;
  }

  GenericList execute(c10::IValue handle, GenericList inputs) override {
    std::vector<at::Tensor> tensors;
    for (const c10::IValue& v : inputs) {
      TENON_CHECK(v.isTensor(), "an engine takes tensors, not a value of kind ", v.tagKind());
      tensors.push_back(v.toTensor());
    }
    GenericList out(c10::TensorType::get());
    for (at::Tensor& t : handle.toCustomClass<EngineClass>()->run(tensors)) out.push_back(t);
    return out;
  }
};

c10::IValue preprocess(const torch::jit::Module& module,
                       const c10::Dict<c10::IValue, c10::IValue>& spec,
                       const torch::jit::BackendDebugHandleGenerator&) {
  c10::Dict<std::string, at::Tensor> plans;
  for (const auto& entry : spec) {
    const std::string method = entry.key().toStringRef();
    TENON_CHECK(entry.value().isString(), "the spec of method '", method,
                "' is not one made by torch_tensorrt.ts.TensorRTCompileSpec");
    ScriptRequest request = request_of(entry.value().toStringRef());
    request.method = method;
    const std::string plan = script_to_plan(module, request);
    at::Tensor bytes = at::empty({static_cast<int64_t>(plan.size())}, at::TensorOptions(at::kByte));
    std::memcpy(bytes.mutable_data_ptr(), plan.data(), plan.size());
    plans.insert(method, bytes);
  }
  return plans;
}

const auto kBackend = torch::jit::backend<Backend>("tensorrt");
const auto kPreprocess = torch::jit::backend_preprocess_register("tensorrt", preprocess);

}  // namespace
}  // namespace tenon::torch_bridge
