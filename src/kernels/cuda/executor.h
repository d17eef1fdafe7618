// SPDX-License-Identifier: Apache-2.0
// Runs the steps of one context on CUDA: the first time one by one, the second time recorded as a
// CUDA graph, which is replayed from then on. When a pointer
// of the caller has moved, the recorded nodes of our own kernels that touch it get new parameters;
// library calls never touch the caller's tensors (the context stages them). While the caller is
// itself capturing, the steps are queued one by one into its graph. Not thread safe.
#pragma once

#include <cuda.h>

#include <map>
#include <vector>

#include "kernels/device.h"

namespace tenon::kernels {

class CudaExecutor final : public Executor {
 public:
  ~CudaExecutor() override;
  void forget(const BoundRun& run) override;
  void run(const BoundRun& run, bool moved, void* stream) override;
  std::vector<double> profile(const BoundRun& run, void* stream) override;

 private:
  /// The kernel nodes of one step that reads or writes the caller's tensors.
  struct Updatable {
    size_t step;
    std::vector<CUgraphNode> nodes;
  };
  struct Recording {
    CUgraph graph = nullptr;
    CUgraphExec exec = nullptr;
    std::vector<Updatable> updatable;
  };
  void run_steps(const BoundRun& run, bool moved, CUstream stream);
  void follow(CUstream stream);
  void finish(CUstream stream);
  Recording record(const std::vector<BoundStep>& steps);
  static void update(const Recording& recording, const std::vector<BoundStep>& steps);
  static void destroy(const Recording& recording);

  std::map<const BoundRun*, Recording> recordings_;
  CUstream capture_stream_ = nullptr;
  CUevent done_ = nullptr;
  CUstream last_stream_ = nullptr;
  bool ran_ = false;
};

}  // namespace tenon::kernels
