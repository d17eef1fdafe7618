// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/epilogue.h"

#include "base/error.h"
#include "kernels/cpu/pointwise_program.h"
#include "kernels/onednn/post_ops.h"

namespace tenon::kernels::onednn {

Epilogue::Epilogue(const Problem& problem) {
  const ir::Node& layer = *problem.layer;
  const std::string activation = activation_of(layer);
  if (activation.empty() || post_op_of(layer)) return;
  function_ = cpu::pointwise_function(activation, PwType::kF32);
  TENON_ASSERT(function_, "activation ", activation);
  params_[0] = static_cast<float>(layer.get_or<double>("alpha", 0.0));
  params_[1] = static_cast<float>(layer.get_or<double>("beta", 0.0));
  count_ = problem.out[0].elements();
}

void Epilogue::run(void* output) const {
  constexpr int64_t kGrain = 8192;  // elements: about a microsecond, as long as waking a thread
  if (!function_) return;
  auto* y = static_cast<float*>(output);
  parallel_for(count_, kGrain, [&](int64_t begin, int64_t end) {
    function_(y + begin, y + begin, nullptr, nullptr, end - begin, params_);
  });
}

}  // namespace tenon::kernels::onednn
