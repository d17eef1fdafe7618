// SPDX-License-Identifier: Apache-2.0
// Learns what an op returns by running it in torch at several points of the sizes' ranges: at min,
// opt and max, and at points where symbols differ that may differ. On the meta device where the op
// can, else on zeros (and other values, to notice results whose size depends on them).
#pragma once

#include <ATen/core/stack.h>
#include <torch/csrc/jit/ir/ir.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frontends/torchscript/leaf.h"

namespace tenon::torchscript {

/// Runs the op on its inputs, which it replaces by its results.
void run_op(torch::jit::Node* node, torch::jit::Stack& stack);

/// Thrown when an op needs two symbols to be equal: the program is to be read again with one.
struct Unify {
  std::string keep, drop;
};

/// A result at all points.
struct Observed {
  at::ScalarType dtype = at::kFloat;
  bool strided = true;
  std::vector<std::vector<int64_t>> sizes;  // per point
};

struct Observation {
  /// Per result of the op: its tensors; nothing if it is neither a tensor nor a list of tensors.
  std::vector<std::optional<std::vector<Observed>>> results;
  std::vector<bool> is_list;
  std::vector<bool> undefined;  // a tensor that is none, as for results that were not asked for
  /// Why there are no results: the op failed, or its sizes depend on values.
  std::string reason;
};

class Prober {
 public:
  Prober(ir::SymRanges& ranges, c10::Device device);

  Observation observe(torch::jit::Node* node, const std::vector<c10::IValue>& arguments);
  /// A spelling of the sizes seen: a number, a known symbol, a multiple plus a number, else a new
  /// symbol (`fresh` is then its name).
  ir::SymDim spell(const std::vector<int64_t>& seen, std::string* fresh);
  /// Does `size` have these values at all points?
  bool agrees(const ir::SymDim& size, const std::vector<int64_t>& seen) const;
  size_t points() const { return points_.size(); }

 private:
  using Results = std::vector<c10::IValue>;
  struct Run {
    std::optional<Results> results;
    std::string error;
  };
  Run run(torch::jit::Node* node, const std::vector<c10::IValue>& arguments, const ir::SymEnv& env,
          c10::Device device, int fill) const;
  c10::IValue stand_in(const c10::IValue& v, const ir::SymEnv& env, c10::Device device,
                       int fill) const;
  std::vector<Run> run_all(torch::jit::Node* node, const std::vector<c10::IValue>& arguments,
                           c10::Device device) const;
  void unify_if_that_helps(torch::jit::Node* node, const std::vector<c10::IValue>& arguments,
                           c10::Device device, size_t failed) const;
  bool depends_on_values(torch::jit::Node* node, const std::vector<c10::IValue>& arguments,
                         const Results& at_opt) const;
  Observation collect(const std::vector<Run>& runs) const;

  ir::SymRanges& ranges_;
  c10::Device device_;
  std::vector<ir::SymEnv> points_;
  int fresh_ = 0;
};

}  // namespace tenon::torchscript
