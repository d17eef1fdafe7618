// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cudnn_handle.h"

#include <map>
#include <mutex>
#include <vector>

#include "base/cuda_api.h"
#include "kernels/cuda/cudnn_graph.h"

namespace tenon::kernels::cudnn {
namespace {

/// Handles that nobody uses now. Never destroyed: at exit the driver may be gone before them.
struct HandlePool {
  std::mutex mutex;
  std::map<int, std::vector<cudnnHandle_t>> idle;  // per device
};

HandlePool& handle_pool() {
  static auto* const pool = new HandlePool;
  return *pool;
}

cudnnHandle_t idle_handle(int device) {
  HandlePool& pool = handle_pool();
  std::lock_guard<std::mutex> lock(pool.mutex);
  std::vector<cudnnHandle_t>& idle = pool.idle[device];
  if (idle.empty()) return nullptr;
  const cudnnHandle_t handle = idle.back();
  idle.pop_back();
  return handle;
}

int current_device() {
  cuda::make_current();
  CUdevice device = 0;
  TENON_CU(cuCtxGetDevice, &device);
  return device;
}

}  // namespace

HandleLease::HandleLease() : device_(current_device()), handle_(idle_handle(device_)) {
  TENON_CU(cuThreadExchangeStreamCaptureMode, &mode_);
  if (handle_) return;
  const cudnnStatus_t status = cuda::cudnn().cudnnCreate(&handle_);
  if (status != CUDNN_STATUS_SUCCESS) cuda::driver().cuThreadExchangeStreamCaptureMode(&mode_);
  check(status, "cudnnCreate");
}

HandleLease::~HandleLease() {
  cuda::driver().cuThreadExchangeStreamCaptureMode(&mode_);
  HandlePool& pool = handle_pool();
  std::lock_guard<std::mutex> lock(pool.mutex);
  pool.idle[device_].push_back(handle_);
}

void HandleLease::set_stream(void* stream) {
  check(cuda::cudnn().cudnnSetStream(handle_, static_cast<CUstream>(stream)), "cudnnSetStream");
}

}  // namespace tenon::kernels::cudnn
