// SPDX-License-Identifier: Apache-2.0
// Which values share memory. A storage is a set of values: a value and its views (reshapes,
// identities), and outputs computed in place of an input. Works at concrete sizes.
#pragma once

#include <unordered_map>
#include <vector>

#include "engine/run/engine_impl.h"

namespace tenon::engine {

/// True if output 0 of the node is its input 0 seen with another shape: nothing to run.
bool is_view(const ir::Node& node);

/// Which outputs of the graph have no memory of their own: they are (views of) an input, a constant
/// or an earlier output. The builder gives these a copy; a loaded engine has none.
std::vector<size_t> shared_outputs(const ir::Graph& graph);

struct Storage {
  Slot slot;  // arena offsets are filled in by the arena plan
  size_t bytes = 0;
  int first = 0, last = -1;
};

class StoragePlan {
 public:
  /// `problems[i]` is the problem of steps[i].
  StoragePlan(const ir::Graph& graph, const std::vector<Step>& steps,
              const std::vector<kernels::Problem>& problems);
  uint32_t slot_of(const ir::Value* v) const { return of_.at(v); }
  std::vector<Slot> slots() const;
  size_t arena_bytes() const { return arena_bytes_; }

 private:
  void place_bindings(const ir::Graph& graph);
  void place_steps(const std::vector<Step>& steps, const std::vector<kernels::Problem>& problems);
  void use(const ir::Value* v, int step);
  uint32_t add(Storage s);
  bool reuse_input(const Step& step, const kernels::Problem& problem, int at);
  void find_last_uses(const ir::Graph& graph, const std::vector<Step>& steps);
  void place_arena();

  std::vector<Storage> storages_;
  std::unordered_map<const ir::Value*, uint32_t> of_;
  std::unordered_map<const ir::Value*, const ir::Value*> root_;  // views -> what they view
  std::unordered_map<const ir::Value*, int> last_use_;           // by root
  size_t arena_bytes_ = 0;
};

}  // namespace tenon::engine
