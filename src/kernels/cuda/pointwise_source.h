// SPDX-License-Identifier: Apache-2.0
// CUDA text of a pointwise program: all instructions in registers, one per line. Sizes and layouts
// are parameters, so one text serves every shape; equal programs on equal types give equal text.
// f16 and bf16 are computed in f32. A result in them is rounded where that can be told from the
// reference by more than the rounding itself: before comparisons, tests, roundings to integers,
// remainders and casts. The kernels are "vectors" and "elements", see src/pointwise.cuh.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernel.h"
#include "net/pointwise.h"

namespace tenon::kernels::cuda_kernels {

using Instrs = std::vector<net::PointwiseInstr>;

/// The program of a pointwise layer, or of a layer that is a program of one or two instructions.
/// Throws Error if the types do not fit.
Instrs program_of(const Problem& problem);

/// Elements of a vector: 16 bytes of the widest operand.
int64_t vector_width(const std::vector<DataType>& inputs, DataType output);
/// Vectors a thread computes at most: one input alone is too few loads in flight.
int unrolling(size_t inputs);

std::string pointwise_source(const Instrs& program, const std::vector<DataType>& inputs);

/// Whether the generator knows the type.
bool has_device_type(DataType t);

}  // namespace tenon::kernels::cuda_kernels
