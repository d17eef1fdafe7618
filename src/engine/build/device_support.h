// SPDX-License-Identifier: Apache-2.0
// Whether a device other than the CPU (which has a reference kernel for every layer) has kernels
// for what a converter made of a node: the converter's probe network is asked layer by layer.
#pragma once

#include "base/support.h"
#include "ir/graph.h"

namespace tenon::engine {

/// `net` is a probe: constants have no data. The first layer that no CUDA kernel takes gives the
/// reason. With `truncate_double`, the layers are asked about as the builder will make them of
/// float64 ones. Needs no GPU.
Support has_cuda_kernels(const ir::Graph& net, bool truncate_double = false);
/// The same for one layer, whose sizes have these ranges.
Support has_cuda_kernel(const ir::Node& layer, const ir::SymRanges& ranges,
                        bool truncate_double = false);

}  // namespace tenon::engine
