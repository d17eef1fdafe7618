// SPDX-License-Identifier: Apache-2.0
// Passes are functions in one ordered list; the runner times each, verifies the graph after each
// (an error names the pass) and dumps it when it changed and dumping is on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace tenon::ir {

struct Pass {
  const char* name;
  /// Returns whether it changed the graph.
  std::function<bool(Graph&)> run;
};

struct PassTime {
  std::string name;
  double milliseconds;
  bool changed;
};

struct PassRunOptions {
  /// Called with (pass name, text form) after each pass that changed the graph. Empty: no dumps.
  std::function<void(const std::string&, const std::string&)> dump;
  /// Extra check after each pass besides verify(), e.g. the net op-set's shape rules.
  std::function<void(const Graph&)> check;
};

/// Runs the passes in order and returns the time of each.
std::vector<PassTime> run_passes(Graph& graph, const std::vector<Pass>& passes,
                                 const PassRunOptions& options = {});

/// Throws Error naming the first broken invariant: unique names, definition before use, inputs
/// from this graph, attribute Refs in range, known symbols only, outputs not null.
void verify(const Graph& graph);

}  // namespace tenon::ir
