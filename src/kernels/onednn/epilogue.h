// SPDX-License-Identifier: Apache-2.0
// Activations of fused layers that no oneDNN post-op does as PyTorch does (post_ops.cpp has the
// rule): our own vectorised function on the output that the primitive has just written, in place.
// Immutable; thread safe.
#pragma once

#include "kernels/cpu/pointwise_ops.h"
#include "kernels/kernel.h"

namespace tenon::kernels::onednn {

class Epilogue {
 public:
  /// Does nothing if the layer has no activation or a post-op does it.
  explicit Epilogue(const Problem& problem);
  void run(void* output) const;

 private:
  PwFn function_ = nullptr;
  float params_[2] = {0, 0};
  int64_t count_ = 0;
};

}  // namespace tenon::kernels::onednn
