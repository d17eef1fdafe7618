// SPDX-License-Identifier: Apache-2.0
// What a shape tensor says. Sizes are expressions here, not tensors; nvinfer1's way of giving sizes
// known only at run time is an integer tensor made of shapes. content_of() reads such a tensor
// back: it follows size_of layers, constants and the integer arithmetic people do on shapes, and
// gives the elements as expressions. Stateless, thread safe.
#pragma once

#include <vector>

#include "ir/graph.h"

namespace tenon::net {

/// The elements of `value` in row-major order; bools are 0 and 1. `ranges` says which divisions are
/// of numbers that are never negative. The types of everything `value` depends on must be inferred.
/// Error: the element that depends on data, with the layer that gives it.
std::vector<ir::SymDim> content_of(const ir::Value* value, const ir::SymRanges& ranges);

}  // namespace tenon::net
