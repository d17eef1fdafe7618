// SPDX-License-Identifier: Apache-2.0
#include <c10/core/impl/VirtualGuardImpl.h>
#include <tenon/c_api.h>

#include <cstdio>

#include "torch/api/guard.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt {

std::string get_build_info() { return tenon_build_info(); }
void dump_build_info() { std::puts(tenon_build_info()); }

void set_device(int gpu_id) {
  detail::translated([&] {
    const c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
    guard.setDevice(c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(gpu_id)));
  });
}

}  // namespace torch_tensorrt
