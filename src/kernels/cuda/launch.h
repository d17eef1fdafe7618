// SPDX-License-Identifier: Apache-2.0
// Launching our own kernels. Every kernel takes one struct by value:
//     extern "C" __global__ void name(const __grid_constant__ Params p)
// whose host twin is filled from the pointers of a call. A DeviceKernel only says what to launch;
// who asks decides whether to launch it, to record it in a CUDA graph, or to give a recorded node
// its new pointers. All launches of one kernel are made in the same order for every call.
#pragma once

#include <cuda.h>

#include "kernels/cuda/code.h"

namespace tenon::kernels {

struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
};

struct Launch {
  CUfunction function = nullptr;
  Dim3 grid, block;
  unsigned shared_bytes = 0;     // dynamic; more than 48 KiB must be allowed by allow_shared()
  const void* params = nullptr;  // valid during LaunchSink::launch() only
};

class LaunchSink {
 public:
  virtual ~LaunchSink() = default;
  virtual void launch(const Launch& launch) = 0;

  template <typename Params>
  void operator()(CUfunction function, Dim3 grid, Dim3 block, unsigned shared_bytes,
                  const Params& params) {
    static_assert(sizeof(Params) <= 4096, "kernel parameters are at most 4 KiB");
    launch({function, grid, block, shared_bytes, &params});
  }
};

class DeviceKernel : public Kernel {
 public:
  /// Says what to launch for these pointers. Grids are at least 1; where there is nothing to do,
  /// nothing is launched (for every call at these sizes).
  virtual void launches(const Call& call, LaunchSink& sink) const = 0;
  void run(const Call& call) const final;
};

/// Lets `function` use up to `bytes` of dynamic shared memory. Throws Error if the device has less.
void allow_shared(CUfunction function, unsigned bytes);

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace tenon::kernels
