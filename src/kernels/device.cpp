// SPDX-License-Identifier: Apache-2.0
#include "kernels/device.h"

namespace tenon::kernels {
namespace {

std::vector<std::unique_ptr<DeviceRuntime>>& runtimes() {
  static auto* const all = new std::vector<std::unique_ptr<DeviceRuntime>>;
  return *all;
}

}  // namespace

void register_device(std::unique_ptr<DeviceRuntime> runtime) {
  runtimes().push_back(std::move(runtime));
}

DeviceRuntime& device_runtime(Device device) {
  for (const auto& r : runtimes())
    if (r->device() == device) return *r;
  throw Error(
      detail::concat("this library was built without support for device '", name_of(device), "'"));
}

}  // namespace tenon::kernels
