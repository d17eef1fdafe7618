// SPDX-License-Identifier: Apache-2.0
// Inside of an engine: the optimised graph, its steps, and a bounded cache of programs (steps
// prepared for concrete sizes). Immutable after load but for the cache, which has its own lock and
// is only consulted when sizes change.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/run/memory.h"
#include "engine/run/sizes.h"
#include "ir/graph.h"
#include "kernels/device.h"
#include "tenon/runtime.h"

namespace tenon::engine {

/// One layer and the kernel that was selected for it.
struct Step {
  const ir::Node* node;
  const kernels::KernelImpl* impl;
};

/// Where a value lives while a program runs.
struct Slot {
  enum class Where : uint8_t { kInput, kOutput, kConstant, kArena, kNone } where = Where::kNone;
  size_t index = 0;            // binding number, or byte offset in the arena
  const void* data = nullptr;  // constants
};

struct PreparedStep {
  const Step* step;
  std::unique_ptr<kernels::Kernel> kernel;
  std::vector<uint32_t> in, out;  // slots
};

/// An engine at concrete sizes; immutable, shared by contexts.
struct Program {
  std::vector<int64_t> key;  // flat input sizes, then thread count
  std::vector<Slot> slots;
  std::vector<Step> chosen;  // the engine's steps with the kernels in use
  std::vector<PreparedStep> steps;
  std::vector<std::vector<int64_t>> output_shapes;
  std::vector<size_t> input_bytes, output_bytes;
  size_t arena_bytes = 0, scratch_bytes = 0;
};

}  // namespace tenon::engine

namespace tenon {

struct Engine::Impl {
  PlanBytes plan;
  std::string hash, info, device = "cpu";
  ir::Graph graph;
  std::vector<engine::Step> steps;
  std::vector<BindingInfo> inputs, outputs;
  kernels::DeviceRuntime* runtime = nullptr;  // null: the CPU
  std::shared_ptr<kernels::CodeStore> code;
  kernels::DeviceTarget target;
  std::unordered_map<const ir::Constant*, std::shared_ptr<void>> weights;  // on the device

  const kernels::DeviceTarget* device_target() const { return runtime ? &target : nullptr; }

  /// The program for these input sizes (flat, all inputs in order), made if needed.
  std::shared_ptr<const engine::Program> program(const std::vector<int64_t>& flat,
                                                 int threads) const;
  ir::SymEnv bind_sizes(const std::vector<int64_t>& flat) const;
  size_t flat_size = 0;

 private:
  std::shared_ptr<engine::Program> make_program(const std::vector<int64_t>& key) const;
  static constexpr size_t kMaxPrograms = 16;
  mutable std::mutex mutex_;
  mutable std::list<std::shared_ptr<const engine::Program>> programs_;  // most recent first
};

}  // namespace tenon
