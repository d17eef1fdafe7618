// SPDX-License-Identifier: Apache-2.0
// The activation that a layer ends with, as device code knows it (src/activations.cuh), and a
// pass that applies it in place behind a library call. Immutable; thread safe.
#pragma once

#include <optional>
#include <string>

#include "kernels/cuda/launch.h"
#include "kernels/kernel.h"

namespace tenon::kernels {

struct FusedActivation {
  int32_t kind = 0;
  float alpha = 0, beta = 0;
};

/// What the layer's attributes say; none where device code has no such activation.
std::optional<FusedActivation> fused_activation(const Problem& problem);

class ActivationPass final : public DeviceKernel {
 public:
  /// On output 0 of the problem.
  ActivationPass(const Problem& problem, FusedActivation activation);
  void launches(const Call& call, LaunchSink& sink) const override;

 private:
  CUfunction function_ = nullptr;
  FusedActivation activation_;
  int64_t count_ = 0;
  unsigned blocks_ = 0;
};

}  // namespace tenon::kernels
