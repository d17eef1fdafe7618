// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.h"

#include "base/cuda_api.h"

namespace tenon::kernels {
namespace {

class DirectSink final : public LaunchSink {
 public:
  explicit DirectSink(void* stream) : stream_(static_cast<CUstream>(stream)) {}
  void launch(const Launch& l) override {
    void* params[] = {const_cast<void*>(l.params)};
    TENON_CU(cuLaunchKernel, l.function, l.grid.x, l.grid.y, l.grid.z, l.block.x, l.block.y,
             l.block.z, l.shared_bytes, stream_, params, nullptr);
  }

 private:
  CUstream stream_;
};

}  // namespace

void DeviceKernel::run(const Call& call) const {
  DirectSink sink(call.stream);
  launches(call, sink);
}

void allow_shared(CUfunction function, unsigned bytes) {
  if (bytes <= 48 * 1024) return;
  TENON_CU(cuFuncSetAttribute, function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
           static_cast<int>(bytes));
}

}  // namespace tenon::kernels
