// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/post_ops.h"

#include <optional>

#include "kernels/onednn/epilogue.h"

namespace tenon::kernels::onednn {

using dnnl::algorithm;

namespace {
struct Eltwise {
  algorithm kind;
  float alpha, beta;
};

std::optional<Eltwise> eltwise(const std::string& name, float alpha) {
  if (name == "leaky_relu") return Eltwise{algorithm::eltwise_relu, alpha, 0};
  if (name == "elu") return Eltwise{algorithm::eltwise_elu, alpha, 0};
  if (name == "gelu_erf") return Eltwise{algorithm::eltwise_gelu_erf, 0, 0};
  if (name == "gelu_tanh") return Eltwise{algorithm::eltwise_gelu_tanh, 0, 0};
  if (name == "sigmoid") return Eltwise{algorithm::eltwise_logistic, 0, 0};
  if (name == "tanh") return Eltwise{algorithm::eltwise_tanh, 0, 0};
  if (name == "silu") return Eltwise{algorithm::eltwise_swish, 1, 0};
  if (name == "hard_swish") return Eltwise{algorithm::eltwise_hardswish, 1.f / 6.f, 0.5f};
  if (name == "mish") return Eltwise{algorithm::eltwise_mish, 0, 0};
  if (name == "softplus") return Eltwise{algorithm::eltwise_soft_relu, 1, 0};
  return std::nullopt;
}

std::string activation_of(const ir::Node& layer) {
  return layer.get_or<std::string>("activation", "");
}
}  // namespace

Support check_activation(const ir::Node& layer) {
  const std::string name = activation_of(layer);
  if (name.empty() || is_epilogue(name) || eltwise(name, 0)) return Support::yes();
  return Support::no("activation " + name + " is not a oneDNN post-op");
}

namespace {
dnnl::primitive_attr with_post_ops(const dnnl::post_ops& ops) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attr.set_post_ops(ops);
  return attr;
}

dnnl::post_ops first_post_ops(bool accumulate) {
  dnnl::post_ops ops;
  if (accumulate) ops.append_sum();
  return ops;
}
}  // namespace

dnnl::primitive_attr plain_attributes(bool accumulate) {
  return with_post_ops(first_post_ops(accumulate));
}

dnnl::primitive_attr attributes(const Problem& problem, const Desc& output, bool accumulate) {
  dnnl::post_ops ops = first_post_ops(accumulate);
  if (operand(problem, kResidual)) ops.append_binary(algorithm::binary_add, output);
  const ir::Node& layer = *problem.layer;
  const std::string name = activation_of(layer);
  if (!name.empty() && !is_epilogue(name)) {
    const auto op = eltwise(name, static_cast<float>(layer.get_or<double>("alpha", 0.0)));
    TENON_ASSERT(op, "activation ", name);
    ops.append_eltwise(op->kind, op->alpha, op->beta);
  }
  return with_post_ops(ops);
}

void bind_residual(KernelBuilder& builder, const Problem& problem, const Desc& have,
                   const Desc& output, bool accumulate) {
  const int place = accumulate ? 1 : 0;
  if (operand(problem, kResidual))
    builder.input(DNNL_ARG_ATTR_MULTIPLE_POST_OP(place) | DNNL_ARG_SRC_1, kResidual, have, output);
}

}  // namespace tenon::kernels::onednn
