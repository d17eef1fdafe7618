// SPDX-License-Identifier: Apache-2.0
// The net passes; each in a file of its name. All take a graph and return whether they changed it;
// passes.cpp puts them in order. None changes results beyond floating point reassociation, but for
// truncate_double and lower_precision, which the user asks for.
#pragma once

#include "engine/build/build.h"

namespace tenon::engine::passes {

/// Where the options ask for it: float64 is computed as float32; inputs and outputs keep their
/// types.
bool truncate_double(ir::Graph& g);
/// Removes layers that do nothing: identity, same-type cast, same-shape expand and reshape, full
/// slices; merges chains of reshapes and of transposes; dead code.
bool simplify(ir::Graph& g);
/// Evaluates layers whose inputs are all constants. Big results stay lazy until they are packed.
bool fold_constants(ir::Graph& g);
/// Integer range analysis: comparisons whose result is known become fills; masks that are always
/// true leave `and` and attention.
bool fold_masks(ir::Graph& g);
/// matrix_multiply with a constant right operand -> linear.
bool matmul_to_linear(ir::Graph& g);
/// Batch norm (scale) after convolution, linear: into weights and bias.
bool fold_scale(ir::Graph& g);
/// The scales that are left become a multiply and an add.
bool lower_scale(ir::Graph& g);
/// transpose(1, 2) of attention's inputs and output -> its layout attributes.
bool absorb_attention_transposes(ir::Graph& g);
/// Consumers that broadcast by themselves (pointwise ops, attention's mask) read the small tensor.
bool skip_expands(ir::Graph& g);
/// CUDA: where the options allow half (or bf16), float32 layers that run faster in it do.
bool lower_precision(ir::Graph& g, const std::vector<std::string>& enabled_precisions);
/// CUDA: the three products of a self-attention's input become one, whose parts attention reads.
bool merge_qkv(ir::Graph& g);
/// CPU: relu before max pooling -> the pooling's activation.
bool fuse_pool_relu(ir::Graph& g);
/// Bias, residual and activation into convolution and linear, as far as the device's kernels do it.
bool fuse_epilogues(ir::Graph& g, kernels::Device device = kernels::Device::kCPU);
/// x + residual before a normalization -> its residual input.
bool fuse_norm_residual(ir::Graph& g);
/// Chains of pointwise layers of one shape -> one pointwise layer.
bool group_pointwise(ir::Graph& g);
/// CUDA: an image of few channels is cast, padded to 4 channels and laid out for its convolution by
/// one layer.
bool prepare_images(ir::Graph& g);
/// Channels-last where convolutions want it, with reorders only at the edges.
bool choose_layouts(ir::Graph& g, kernels::Device device = kernels::Device::kCPU);

// ---- helpers shared by the passes (util.cpp)

/// The node's inputs and attributes with another output; the new node stands before `before`.
ir::Node* copy_node(ir::Graph& g, const ir::Node& node, const ir::Node* before);
/// Makes `to` take over name and uses of `from`, and erases from's producer if it is dead.
void replace_and_erase(ir::Graph& g, ir::Value* from, ir::Value* to);
bool is_pure_reshape(const ir::Node& n);
bool is_pure_transpose(const ir::Node& n, const std::vector<int64_t>& perm);
/// Joins origins ("a+b", first module and location).
void add_origin(ir::Node& to, const ir::Node& from);
/// Value of a constant with one element, if it is one.
bool scalar_value(const ir::Value* v, double* out);

}  // namespace tenon::engine::passes
