// SPDX-License-Identifier: Apache-2.0
// Copies that keep an engine's bindings apart from memory that others hold on to.
#pragma once

#include <vector>

#include "engine/build/select.h"
#include "ir/graph.h"

namespace tenon::engine {

/// A binding never shares memory with another: outputs that are inputs, constants, or the same
/// value twice get a copy.
void separate_outputs(ir::Graph& net);

/// On devices, a recorded run cannot be told new pointers for some kernels (library calls). Where
/// one of these would read an input or write an output of the engine, a copy layer stands between,
/// whose pointers can be changed: one more launch in the recorded run costs the host much less than
/// a copy queued beside it. Returns whether the graph was changed.
bool separate_fixed_pointers(ir::Graph& net, const std::vector<Choice>& choices,
                             const kernels::DeviceTarget& target);

}  // namespace tenon::engine
