// SPDX-License-Identifier: Apache-2.0
// Activations of fused layers that no oneDNN post-op does as PyTorch does. Its relu, clip and
// hard_sigmoid turn NaN into a number: they are maxps and minps with the constant as the second
// operand, and so is binary_max. What multiplies instead (prelu with weights of 0, hardswish with a
// steep slope) keeps NaN but makes one of -inf, where relu is 0. So these are done by our own
// vectorised functions on the output that the primitive has just written. Immutable; thread safe.
#pragma once

#include "kernels/cpu/pointwise_ops.h"
#include "kernels/kernel.h"

namespace tenon::kernels::onednn {

/// Whether `activation` is one of them.
bool is_epilogue(const std::string& activation);

class Epilogue {
 public:
  /// Of the layer's output 0; does nothing for other activations.
  explicit Epilogue(const Problem& problem);
  void run(void* output) const;

 private:
  PwFn function_ = nullptr;
  float params_[2] = {0, 0};
  int64_t count_ = 0;
};

}  // namespace tenon::kernels::onednn
