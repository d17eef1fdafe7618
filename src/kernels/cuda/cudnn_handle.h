// SPDX-License-Identifier: Apache-2.0
// The handle of cuDNN for a device, which is lent to one thread at a time.
#pragma once

#include <cuda.h>
#include <cudnn_backend.h>

#include <mutex>

namespace tenon::kernels::cudnn {

/// The handle of the current device, for the lifetime of this object. Plans remember the handle
/// they were made with, and neither may be used by two threads at a time: other threads wait. That
/// costs nothing in steady state, where recorded runs are replayed and cuDNN is not called.
/// Meanwhile this thread may allocate memory while it captures a stream: cuDNN does so when a
/// kernel is new.
class HandleLease {
 public:
  HandleLease();
  ~HandleLease();
  HandleLease(const HandleLease&) = delete;
  HandleLease& operator=(const HandleLease&) = delete;
  cudnnHandle_t get() const { return handle_; }
  void set_stream(void* stream);

 private:
  std::unique_lock<std::mutex> lock_;
  CUstreamCaptureMode mode_ = CU_STREAM_CAPTURE_MODE_RELAXED;
  cudnnHandle_t handle_ = nullptr;
};

}  // namespace tenon::kernels::cudnn
