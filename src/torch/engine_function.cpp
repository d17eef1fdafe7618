// SPDX-License-Identifier: Apache-2.0
#include "torch/engine_function.h"

#include <ATen/EmptyTensor.h>
#include <ATen/TracerMode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tenon::torch_bridge {

using torch::autograd::variable_list;

namespace {

// Profilers draw lines between forward and backward nodes of one number; this one belongs to none.
constexpr uint64_t kNoSequence = UINT64_MAX;

}  // namespace

EngineFunction::EngineFunction(c10::intrusive_ptr<EngineClass> engine)
    : Node(kNoSequence), engine_(std::move(engine)) {
  // Python's side of a node takes as many arguments as the node has inputs.
  const size_t count = engine_->input_names().size();
  for (size_t i = 0; i < count; ++i) add_input_metadata(undefined_input());
}

variable_list EngineFunction::apply(variable_list&& inputs) {
  const bool plain = !at::tracer::impl::is_dispatch_enabled() &&
                     std::none_of(inputs.begin(), inputs.end(), stands_for_another);
  TORCH_CHECK_NOT_IMPLEMENTED(plain, "an engine's function takes plain tensors, untraced");
  return engine_->run(inputs);
}

at::Tensor function_of(const c10::intrusive_ptr<EngineClass>& engine) {
  at::Tensor tensor(at::detail::empty_cpu({0}, at::kFloat));
  torch::autograd::impl::set_gradient_edge(tensor, {std::make_shared<EngineFunction>(engine), 0});
  return tensor;
}

}  // namespace tenon::torch_bridge
