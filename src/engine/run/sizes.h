// SPDX-License-Identifier: Apache-2.0
// Sizes of an engine's inputs: checks given shapes against the graph's ranges and finds the value
// of every symbol.
#pragma once

#include <vector>

#include "ir/graph.h"
#include "kernels/kernel.h"

namespace tenon::engine {

/// Values of the symbols for the given input sizes (flat, inputs in order). Throws Error naming
/// input, dimension, value and wanted range.
ir::SymEnv bind_sizes(const ir::Graph& graph, const std::vector<int64_t>& flat);
/// Every symbol at its opt value.
ir::SymEnv opt_sizes(const ir::Graph& graph);
/// Throws Error unless every symbol in use can be read off the inputs' shapes.
void check_sizes_known(const ir::Graph& graph);

/// Sizes of a value. Throws Error if one is negative or no buffer could hold them all.
std::vector<int64_t> sizes_of(const ir::Value& v, const ir::SymEnv& env);

/// Runs the layer's shape rule at concrete sizes: what depends on run-time sizes (slices in bounds,
/// windows that fit) is known only here. Throws Error.
void check_concrete(const ir::Node& node, const ir::SymEnv& env);

/// The layer at concrete sizes. Throws Error as sizes_of() does.
kernels::Problem make_problem(const ir::Node& node, const ir::SymEnv& env, int threads,
                              const kernels::DeviceTarget* target = nullptr);

}  // namespace tenon::engine
