// SPDX-License-Identifier: Apache-2.0
// Who runs what. Splits an aten graph into segments run by an engine and segments run by torch.
// Works on the frontend's own nodes, so a torch segment is exactly the user's nodes.
//   - Every counted node gets a level: the lowest number, even for engine nodes and odd for torch
//     nodes, that is not below the level of anything it depends on. Nodes of one level are one
//     segment. Dependencies never go down, so segments cannot form a cycle.
//   - Nodes producing only sizes (aten::sym_size, arithmetic on sizes) stay at the top level and
//   are
//     not counted: engines know every size as an expression. Checks (aten::_assert_*) and unused
//     pure nodes are dropped.
//   - An engine segment with fewer than min_block_size ops becomes torch, and levels are redone.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/options.h"
#include "base/support.h"
#include "ir/program.h"

namespace tenon::partition {

struct Segment {
  bool engine = false;
  std::string name;                       // "_run_on_acc_0" / "_run_on_gpu_1"
  std::vector<const ir::Node*> nodes;     // in order; no constants, no size nodes
  std::vector<const ir::Value*> inputs;   // tensors from outside (never constants)
  std::vector<const ir::Value*> outputs;  // used outside, or graph outputs
};

struct NodeReport {
  const ir::Node* node;
  bool engine;
  std::string reason;  // why it is in torch
  bool supported;      // a converter says yes (it may still be in torch)
};

struct Plan {
  std::vector<Segment> segments;  // in execution order
  std::vector<NodeReport> nodes;  // every counted node, in graph order
  int total_ops = 0, supported_ops = 0;
};

using Supports = std::function<Support(const ir::Node&)>;
/// Nodes that failed to convert at build although they were supported, with the reason.
using Demoted = std::unordered_map<const ir::Node*, std::string>;

/// Throws Error if options.require_full_compilation and a node would stay in torch (lists them).
Plan partition(const ir::Program& program, const Options& options, const Supports& supports,
               const Demoted& demoted = {});

/// The dry-run report in the layout users know, with a reason per torch node.
std::string dryrun_report(const ir::Program& program, const Plan& plan, const Options& options);

/// Is this a node that only computes sizes?
bool is_size_node(const ir::Node& node);
/// Does the node only check something (aten::_assert_*, sym_constrain_range)?
bool is_check(const ir::Node& node);

}  // namespace tenon::partition
