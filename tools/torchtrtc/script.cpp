// SPDX-License-Identifier: Apache-2.0
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/csrc/jit/serialization/import.h>

#include "base/file.h"
#include "base/output_file.h"
#include "commands.h"
#include "compare.h"
#include "compile_spec.h"

namespace torchtrtc {
namespace {

namespace ts = torch_tensorrt::torchscript;
using torch_tensorrt::DataType;
using torch_tensorrt::Device;
using torch_tensorrt::Error;
using Values = std::vector<c10::IValue>;

ts::CompileSpec script_spec(const Arguments& a) {
  ts::CompileSpec spec(a.inputs);
  set_common(spec, a);
  if (!a.precisions.empty()) spec.enabled_precisions = a.precisions;
  spec.capability = a.capability;
  spec.sparse_weights = a.sparse_weights;
  spec.truncate_long_and_double = a.truncate;
  spec.allow_shape_tensors = a.allow_shape_tensors;
  spec.workspace_size = a.workspace_size.value_or(spec.workspace_size);
  spec.dla_sram_size = a.dla_sram_size.value_or(spec.dla_sram_size);
  spec.dla_local_dram_size = a.dla_local_dram_size.value_or(spec.dla_local_dram_size);
  spec.dla_global_dram_size = a.dla_global_dram_size.value_or(spec.dla_global_dram_size);
  return spec;
}

/// The module, on the device that was asked for.
torch::jit::Module load(const Arguments& a) {
  std::optional<c10::Device> device;
  if (a.device.device_type == Device::DeviceType::kCPU) device = c10::Device(c10::kCPU);
  if (a.device.device_type == Device::DeviceType::kGPU)
    device = c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(a.device.gpu_id));
  torch::jit::Module module = torch::jit::load(a.input, device);
  module.eval();
  return module;
}

c10::Device device_of(const torch::jit::Module& module) {
  for (const at::Tensor& t : module.parameters()) return t.device();
  for (const at::Tensor& t : module.buffers()) return t.device();
  return c10::Device(c10::kCPU);
}

at::ScalarType scalar_type(DataType type) {
  for (at::ScalarType t : {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble, at::kChar, at::kByte,
                           at::kInt, at::kLong, at::kBool})
    if (type == DataType(t)) return t;
  return at::kFloat;
}

Values example_inputs(const Arguments& a, c10::Device device) {
  auto generator = at::detail::createCPUGenerator(kSeed);
  Values inputs;
  for (const auto& input : a.inputs) {
    const at::ScalarType type = scalar_type(input.dtype);
    const at::Tensor made =
        c10::isFloatingType(type)
            ? at::randn(input.opt_shape, generator, at::TensorOptions(at::kFloat))
            : at::randint(0, 2, input.opt_shape, generator, at::TensorOptions(at::kLong));
    inputs.emplace_back(made.to(type).to(device));
  }
  return inputs;
}

Values run(torch::jit::Module module, const Values& inputs) {
  c10::InferenceMode no_gradients;
  Values outputs;
  flatten(module.forward(inputs), outputs);
  return outputs;
}

void save(const torch::jit::Module& module, const std::string& path) {
  tenon::OutputFile file(path);
  torch::jit::ExportModule(module, [&](const void* data, size_t size) {
    file.write(data, size);
    return size;
  });
  file.publish();
}

/// What torch throws has a backtrace that helps nobody here.
template <typename Body>
auto plainly(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const c10::Error& e) {
    throw Error(e.what_without_backtrace());
  }
}

}  // namespace

void compile_script(const Arguments& a) {
  plainly([&] {
    if (a.dryrun) throw Error("--dryrun is for programs of torch.export");
    if (!a.report.empty()) throw Error("--report is for programs of torch.export");
    if (a.inputs.empty())
      throw Error(
          "a TorchScript module says nothing about its inputs; give one shape per input,"
          " such as \"(1,3,224,224)@f32\"");
    const torch::jit::Module original = load(a);
    if (a.save_engine)
      return write_output(a.output,
                          ts::convert_method_to_trt_engine(original, "forward", script_spec(a)));
    const torch::jit::Module compiled = ts::compile(original, script_spec(a));
    if (a.threshold_check) {
      const Values inputs = example_inputs(a, device_of(original));
      check_outputs(run(compiled, inputs), run(original, inputs), a);
    }
    save(compiled, a.output);
  });
}

void embed_engine(const Arguments& a) {
  plainly(
      [&] { save(ts::embed_engine_in_new_module(tenon::read_file(a.input), a.device), a.output); });
}

bool check_method_support(const Arguments& a) {
  return plainly([&] { return ts::check_method_operator_support(load(a), a.method_to_check); });
}

}  // namespace torchtrtc
