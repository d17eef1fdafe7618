// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/log.h"
#include "torch/api/guard.h"
#include "torch/api/settings.h"
#include "torch/api/signature.h"
#include "torch/script/compile_script.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt::torchscript {
namespace {

namespace bridge = tenon::torch_bridge;

bridge::ScriptRequest request(const std::string& method, const CompileSpec& spec) {
  bridge::ScriptRequest out;
  out.method = method;
  out.options = detail::options_of(spec);
  for (const Input& input : spec.graph_inputs.inputs) {
    detail::check_shapes(input, out.inputs.inputs.size());
    const DataType type =
        input.dtype == DataType::kUnknown ? DataType(DataType::kFloat) : input.dtype;
    out.inputs.inputs.push_back(
        {input.min_shape, input.opt_shape, input.max_shape, detail::scalar_type(type)});
  }
  out.inputs.signature = detail::numbered(spec.graph_inputs.input_signature);
  return out;
}

/// The engine knows its device; a wish is checked before the engine goes into a module.
void check_device(const std::string& engine, const std::string& wish) {
  if (wish.empty()) return;
  tenon::PlanBytes plan;
  auto copy = std::shared_ptr<void>(::operator new(engine.size(), std::align_val_t{64}),
                                    [](void* p) { ::operator delete(p, std::align_val_t{64}); });
  engine.copy(static_cast<char*>(copy.get()), engine.size());
  plan.data = std::move(copy);
  plan.size = engine.size();
  const std::string device = tenon::Engine::load(std::move(plan))->device();
  TENON_CHECK(device.substr(0, device.find(':')) == wish.substr(0, wish.find(':')), "device is ",
              wish, ", but the engine was built for ", device);
}

}  // namespace

bool check_method_operator_support(const torch::jit::Module& module, std::string method_name) {
  return detail::translated([&] {
    std::string reasons;
    const bool all = bridge::check_method_support(module, method_name, &reasons);
    if (!all) tenon::log(tenon::LogLevel::kWarning, "'", method_name, "': ", reasons);
    return all;
  });
}

torch::jit::Module compile(const torch::jit::Module& module, CompileSpec info) {
  return detail::translated(
      [&] { return bridge::compile_script(module, request("forward", info)); });
}

std::string convert_method_to_trt_engine(const torch::jit::Module& module, std::string method_name,
                                         CompileSpec info) {
  return detail::translated(
      [&] { return bridge::script_to_plan(module, request(method_name, info)); });
}

torch::jit::Module embed_engine_in_new_module(const std::string& engine, Device device,
                                              const std::vector<std::string>& input_names,
                                              const std::vector<std::string>& output_names) {
  return detail::translated([&] {
    check_device(engine, detail::device_name(device));
    return bridge::embed_plan(engine, input_names, output_names);
  });
}

}  // namespace torch_tensorrt::torchscript
