// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/post_ops.h"

#include "kernels/cpu/pointwise_program.h"

namespace tenon::kernels::onednn {

using dnnl::algorithm;

std::string activation_of(const ir::Node& layer) {
  return layer.get_or<std::string>("activation", "");
}

// relu, clip and hard_sigmoid are maxps and minps there, with the constant as the operand that is
// taken if one is NaN: they make a number of NaN, and so do binary_max and eltwise_clip_v2. What
// multiplies instead (prelu with weights of 0, hardswish with a steep slope) keeps NaN but makes
// one of -inf, where relu is 0. elu with alpha 0 is right, but its exp takes longer than a second
// pass over the output. gelu_erf on AVX-512 makes NaN of inf and inf of 3e38.
std::optional<PostOp> post_op_of(const ir::Node& layer) {
  const std::string name = activation_of(layer);
  const auto alpha = static_cast<float>(layer.get_or<double>("alpha", 0.0));
  // With alpha 0 it is the maximum again.
  if (name == "leaky_relu" && alpha != 0) return PostOp{algorithm::eltwise_relu, alpha, 0};
  if (name == "elu") return PostOp{algorithm::eltwise_elu, alpha, 0};
  if (name == "gelu_tanh") return PostOp{algorithm::eltwise_gelu_tanh, 0, 0};
  // With SSE alone it is 0 for some NaN.
  if (name == "sigmoid" && isa() != Isa::kGeneric) return PostOp{algorithm::eltwise_logistic, 0, 0};
  if (name == "tanh") return PostOp{algorithm::eltwise_tanh, 0, 0};
  if (name == "silu") return PostOp{algorithm::eltwise_swish, 1, 0};
  if (name == "hard_swish") return PostOp{algorithm::eltwise_hardswish, 1.f / 6.f, 0.5f};
  if (name == "mish") return PostOp{algorithm::eltwise_mish, 0, 0};
  if (name == "softplus") return PostOp{algorithm::eltwise_soft_relu, 1, 0};
  return std::nullopt;
}

Support check_activation(const ir::Node& layer) {
  const std::string name = activation_of(layer);
  if (name.empty() || post_op_of(layer) || cpu::pointwise_function(name, PwType::kF32))
    return Support::yes();
  return Support::no("there is no activation " + name);
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
  if (const auto op = post_op_of(*problem.layer)) ops.append_eltwise(op->kind, op->alpha, op->beta);
  return with_post_ops(ops);
}

void bind_residual(KernelBuilder& builder, const Problem& problem, const Desc& have,
                   const Desc& output, bool accumulate) {
  const int place = accumulate ? 1 : 0;
  if (operand(problem, kResidual))
    builder.input(DNNL_ARG_ATTR_MULTIPLE_POST_OP(place) | DNNL_ARG_SRC_1, kResidual, have, output);
}

}  // namespace tenon::kernels::onednn
