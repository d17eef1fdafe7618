// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/linear_support.h"

namespace tenon::kernels::cpu {

Activation::Activation(const Problem& p)
    : function(pointwise_function(attr_str(p, "activation", ""), PwType::kF32)),
      params{static_cast<float>(attr_float(p, "alpha", 0)),
             static_cast<float>(attr_float(p, "beta", 0))} {}

Support check_plain_f32(const Problem& p, size_t packed_input) {
  auto check = [](const TensorDesc& d) {
    if (d.dtype != DataType::kFLOAT) return Support::no("f32 only");
    if (!d.plain() && d.shape.size() >= 3) return Support::no("plain layout only");
    return Support::yes();
  };
  for (size_t i = 0; i < p.in.size(); ++i) {
    if (!p.in[i].present) continue;
    if (Support s = check(p.in[i]); !s) return s;
    if (i != packed_input && !p.in[i].format.empty()) return Support::no("packed operand");
  }
  return check(p.out[0]);
}

Support check_vector_activation(const Problem& p) {
  const std::string activation = attr_str(p, "activation", "");
  if (!activation.empty() &&
      (net::pointwise_arity(activation) != 1 || !pointwise_function(activation, PwType::kF32))) {
    return Support::no("no vector form of \"" + activation + "\"");
  }
  return Support::yes();
}

}  // namespace tenon::kernels::cpu
