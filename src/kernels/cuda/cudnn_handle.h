// SPDX-License-Identifier: Apache-2.0
// Handles of cuDNN, which are lent to one thread at a time.
#pragma once

#include <cuda.h>
#include <cudnn_backend.h>

namespace tenon::kernels::cudnn {

/// A handle of the current device, taken from a pool for the lifetime of this object. Handles are
/// expensive to make and must not be used by two threads at a time. Meanwhile this thread may
/// allocate memory while it captures a stream: cuDNN does so when a handle or a kernel is new.
class HandleLease {
 public:
  HandleLease();
  ~HandleLease();
  HandleLease(const HandleLease&) = delete;
  HandleLease& operator=(const HandleLease&) = delete;
  cudnnHandle_t get() const { return handle_; }
  void set_stream(void* stream);

 private:
  int device_ = 0;
  CUstreamCaptureMode mode_ = CU_STREAM_CAPTURE_MODE_RELAXED;
  cudnnHandle_t handle_ = nullptr;
};

}  // namespace tenon::kernels::cudnn
