// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cudnn_handle.h"

#include <map>

#include "base/cuda_api.h"
#include "kernels/cuda/cudnn_graph.h"

namespace tenon::kernels::cudnn {
namespace {

/// One handle per device. Never destroyed: at exit the driver may be gone before them.
struct Handles {
  std::mutex mutex;
  std::map<int, cudnnHandle_t> of_device;
};

Handles& handles() {
  static auto* const all = new Handles;
  return *all;
}

int current_device() {
  cuda::make_current();
  CUdevice device = 0;
  TENON_CU(cuCtxGetDevice, &device);
  return device;
}

}  // namespace

HandleLease::HandleLease() : lock_(handles().mutex) {
  cudnnHandle_t& handle = handles().of_device[current_device()];
  TENON_CU(cuThreadExchangeStreamCaptureMode, &mode_);
  const cudnnStatus_t status = handle ? CUDNN_STATUS_SUCCESS : cuda::cudnn().cudnnCreate(&handle);
  if (status != CUDNN_STATUS_SUCCESS) cuda::driver().cuThreadExchangeStreamCaptureMode(&mode_);
  check(status, "cudnnCreate");
  handle_ = handle;
}

HandleLease::~HandleLease() { cuda::driver().cuThreadExchangeStreamCaptureMode(&mode_); }

void HandleLease::set_stream(void* stream) {
  check(cuda::cudnn().cudnnSetStream(handle_, static_cast<CUstream>(stream)), "cudnnSetStream");
}

}  // namespace tenon::kernels::cudnn
