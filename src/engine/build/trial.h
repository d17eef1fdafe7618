// SPDX-License-Identifier: Apache-2.0
// A candidate made ready to run once or often on synthetic operands, for timing. Operands belong to
// a problem and are shared by its trials; packed constants belong to their trial. Not thread safe.
#pragma once

#include <memory>
#include <vector>

#include "engine/build/timer.h"

namespace tenon::engine {

/// Synthetic operands of a problem, where the problem runs.
class Operands {
 public:
  explicit Operands(const kernels::Problem& problem);
  /// What a kernel gets for input `i`: null if it is absent. A constant is brought to the device
  /// when the first kernel wants it as it is.
  std::shared_ptr<const void> input(size_t i);
  const std::vector<std::shared_ptr<void>>& outputs() const { return outputs_; }
  /// The constants as packing sees them: in host memory, null for other inputs.
  const std::vector<ir::ConstantPtr>& constants() const { return constants_; }
  size_t constant_bytes() const;
  /// No more trials will be made: constants that no trial reads as they are go.
  void release_constants();

 private:
  const kernels::Problem& problem_;
  std::vector<std::shared_ptr<const void>> inputs_;
  std::vector<std::shared_ptr<void>> outputs_;
  std::vector<ir::ConstantPtr> constants_;
};

class Trial {
 public:
  /// `forms` are what the candidate's pack() made of the operands' constants.
  Trial(const kernels::Problem& problem, const Candidate& candidate, const kernels::Packed& forms,
        Operands& operands);
  double run_us() const;
  kernels::Call call() const { return {in_.data(), out_.data(), scratch_.get()}; }
  const kernels::Kernel& kernel() const { return *kernel_; }

 private:
  const void* packed_input(const kernels::Problem& problem, const ir::Constant& form,
                           kernels::TensorDesc& desc);

  std::vector<std::shared_ptr<const void>> kept_;
  std::vector<const void*> in_;
  mutable std::vector<void*> out_;
  std::unique_ptr<kernels::Kernel> kernel_;
  std::shared_ptr<void> scratch_;
};

}  // namespace tenon::engine
