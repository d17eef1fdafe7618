// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/fused_activation.h"

#include <algorithm>

#include "kernels/cpu/nd.h"
#include "kernels/cuda/activations.h"
#include "kernels/cuda/element_type.h"
#include "kernels/cuda/sources.h"

namespace tenon::kernels {
namespace {

/// Twin of the struct in src/activate_rows.cu.
struct ActivationParams {
  void* data;
  int64_t count;
  int32_t kind, aligned;
  float alpha, beta;
};

const RegisterSources kSources({{"activate_rows.cu", {"T=f32"}},
                                {"activate_rows.cu", {"T=f16"}},
                                {"activate_rows.cu", {"T=bf16"}}});

}  // namespace

std::optional<FusedActivation> fused_activation(const Problem& p) {
  const std::string name = attr_str(p, "activation", "");
  const int number = activation_number(name);
  if (number < 0) return std::nullopt;
  return FusedActivation{number, static_cast<float>(attr_float(p, "alpha", 0)),
                         static_cast<float>(attr_float(p, "beta", 0))};
}

ActivationPass::ActivationPass(const Problem& p, FusedActivation activation)
    : activation_(activation), count_(p.out[0].elements()) {
  function_ = p.target->code->function({"activate_rows.cu",
                                        std::string(source_file("activate_rows.cu")),
                                        {std::string("T=") + device_type(p.out[0].dtype)}},
                                       "activate_rows");
  const int64_t per_block = 256 * 16 / static_cast<int64_t>(size_of(p.out[0].dtype));
  blocks_ = static_cast<unsigned>(
      std::min<int64_t>(ceil_div(count_, per_block), 8 * int64_t{p.target->processors}));
}

void ActivationPass::launches(const Call& call, LaunchSink& sink) const {
  if (count_ == 0) return;
  const bool aligned = reinterpret_cast<uintptr_t>(call.out[0]) % 16 == 0;
  const ActivationParams params{call.out[0],       count_,          activation_.kind, aligned,
                                activation_.alpha, activation_.beta};
  sink(function_, {blocks_, 1, 1}, {256, 1, 1}, 0, params);
}

}  // namespace tenon::kernels
