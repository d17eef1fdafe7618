// SPDX-License-Identifier: Apache-2.0
#include "torch/program/engine_object.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/csrc/jit/serialization/pickler.h>

#include "base/error.h"
#include "torch/engine_class.h"

namespace tenon::torch_bridge {
namespace {

c10::Device parsed(const std::string& device) {
  try {
    return c10::Device(device);
  } catch (const c10::Error&) {
    throw Error("device is '" + device + "', wanted cpu, cuda or cuda:<number>");
  }
}

}  // namespace

void pickle_engine(const PlanBytes& plan, const ZipWriter::Sink& sink) {
  at::Tensor bytes = at::from_blob(
      const_cast<void*>(plan.data.get()), {static_cast<int64_t>(plan.size)},
      [owner = plan.data](void*) {}, at::TensorOptions().dtype(at::kByte));
  // As torch::jit::pickle_save, which would hold the whole archive in memory.
  std::string pickled;
  torch::jit::Pickler pickler([&](const char* data, size_t size) { pickled.append(data, size); });
  pickler.protocol();
  pickler.pushIValue(c10::IValue(c10::make_intrusive<EngineClass>(std::move(bytes))));
  pickler.stop();
  caffe2::serialize::PyTorchStreamWriter writer([&](const void* data, size_t size) {
    sink({static_cast<const std::byte*>(data), size});
    return size;
  });
  torch::jit::writeArchiveAndTensors("data", pickled.data(), pickled.size(), pickler.tensorData(),
                                     writer);
  writer.writeEndOfFile();
}

CurrentDevice::CurrentDevice(const std::string& device) {
  if (device.empty()) return;
  const c10::Device wanted = parsed(device);
  TENON_CHECK(wanted.is_cpu() || wanted.is_cuda(), "device is '", device,
              "', wanted cpu, cuda or cuda:<number>");
  if (wanted.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
  before_ = guard.getDevice().index();
  if (wanted.has_index()) guard.setDevice(wanted);
}

CurrentDevice::~CurrentDevice() {
  if (before_ < 0) return;
  const c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
  guard.uncheckedSetDevice(
      c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(before_)));
}

}  // namespace tenon::torch_bridge
