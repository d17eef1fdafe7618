// SPDX-License-Identifier: Apache-2.0
// Residual and activation of a fused layer as oneDNN post-ops: y = activation(... + residual).
// The residual is a binary addition from a buffer of its own; measured against accumulating into
// a preloaded output it is as fast at batch 1 and up to 25 % faster at batch 8 (1x1 convolutions).
// A post-op is taken only where oneDNN computes what PyTorch does, for NaN and infinities too, in
// all its implementations (tests/ops/special_values_test.cpp); epilogue.h does the other
// activations.
#pragma once

#include <optional>
#include <string>

#include "kernels/onednn/dnnl_common.h"
#include "kernels/onednn/primitive_kernel.h"

namespace tenon::kernels::onednn {

/// Index of the residual input of every fused layer.
inline constexpr size_t kResidual = 3;

struct PostOp {
  dnnl::algorithm kind;
  float alpha, beta;
};

/// The fused layer's activation, "" if it has none.
std::string activation_of(const ir::Node& layer);

/// The post-op that computes the layer's activation as PyTorch does; none if it has no activation
/// or oneDNN no such post-op.
std::optional<PostOp> post_op_of(const ir::Node& layer);

/// Whether the layer's activation can be a post-op or an epilogue.
Support check_activation(const ir::Node& layer);

/// Attributes with the layer's post-ops and a scratchpad passed in by the caller. `output` is the
/// descriptor that the residual must have. With `accumulate`, what the output holds is added first.
dnnl::primitive_attr attributes(const Problem& problem, const Desc& output,
                                bool accumulate = false);

/// Attributes of a layer without post-ops, or with the addition to the output alone.
dnnl::primitive_attr plain_attributes(bool accumulate = false);

/// Binds the residual, if there is one, in layout `have`.
void bind_residual(KernelBuilder& builder, const Problem& problem, const Desc& have,
                   const Desc& output, bool accumulate = false);

}  // namespace tenon::kernels::onednn
