// SPDX-License-Identifier: Apache-2.0
// Element types of torch and ours, and constants made of torch's tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "ir/graph.h"

namespace tenon::torchscript {

/// Nothing for types that engines do not have (int16, complex, ...).
std::optional<DataType> data_type(at::ScalarType type);
at::ScalarType scalar_type(DataType type);

/// A view that keeps the tensor alive; data that is not dense or not on the CPU is copied when it
/// is needed. Null for what engines cannot hold (sparse, quantised, complex, ...).
ir::ConstantPtr constant_of(const at::Tensor& tensor, std::string name);

}  // namespace tenon::torchscript
