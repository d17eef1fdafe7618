// SPDX-License-Identifier: Apache-2.0
// An engine as a torch::autograd::Node: the one C++ callable that Python can call with nothing but
// tensors. It has no schema, so nothing is matched, boxed or put into lists; a method of a torch
// class costs more before it arrives than a small engine takes to run. Python takes it once, as a
// tensor's grad_fn, and then only calls it: no gradient ever flows here. Thread safe, as
// EngineClass is; owns a share of it.
#pragma once

#include <torch/csrc/autograd/function.h>

#include "torch/engine_class.h"

namespace tenon::torch_bridge {

class EngineFunction final : public torch::autograd::Node {
 public:
  explicit EngineFunction(c10::intrusive_ptr<EngineClass> engine);
  /// In profiles.
  std::string name() const override { return "tensorrt::execute_engine"; }
  /// As EngineClass::run(). Throws c10::NotImplementedError before anything happens if a call must
  /// be more than that: torch.jit.trace records, or a tensor stands for another.
  torch::autograd::variable_list apply(torch::autograd::variable_list&& inputs) override;

 private:
  c10::intrusive_ptr<EngineClass> engine_;
};

/// An empty tensor whose grad_fn is a function that runs the engine.
at::Tensor function_of(const c10::intrusive_ptr<EngineClass>& engine);

}  // namespace tenon::torch_bridge
