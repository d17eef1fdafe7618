// SPDX-License-Identifier: Apache-2.0
// Kernel selection: one timing per distinct problem, at the opt sizes, over the candidates that say
// yes; the plain reference runs only where nothing else can. Results go to the timing cache.
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "base/options.h"
#include "engine/build/build.h"
#include "ir/graph.h"
#include "kernels/kernel.h"

namespace tenon::engine {

/// One candidate of a layer as the inspector shows it.
struct CandidateReport {
  std::string kernel;        // with its tactic if it has any: "cudnn.convolution:41,2=3"
  double microseconds = -1;  // < 0: not timed
  std::string reason;        // why not timed or not supported
};

struct Choice {
  ir::Node* node;
  const kernels::KernelImpl* impl;
  std::string tactic;
  std::vector<CandidateReport> candidates;
};

/// Chooses a kernel for every layer that runs, on `target` (null: the CPU). Does not change the
/// graph. Layers that are in `known` keep what was chosen for them.
std::vector<Choice> select_kernels(ir::Graph& graph, const Options& options, TimingCache* cache,
                                   const Progress& progress,
                                   const kernels::DeviceTarget* target = nullptr,
                                   const std::vector<Choice>& known = {});

/// Text that tells problems apart: op, attributes, operand types, sizes, layouts, threads, isa.
std::string problem_key(const kernels::Problem& problem);

}  // namespace tenon::engine
