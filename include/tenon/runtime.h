// SPDX-License-Identifier: Apache-2.0
// Running a plan. Engine is immutable and shared; Context is cheap, one per caller at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tenon/types.h"

namespace tenon {

/// One size of a binding: either fixed (min == opt == max) or a range.
struct SizeRange {
  int64_t min, opt, max;
};

struct BindingInfo {
  std::string name;
  DataType dtype;
  std::vector<SizeRange> shape;
  std::vector<std::string> expr;  // "8", "s0", "2*s0 + 1": equal symbols mean equal sizes
};

/// Owner of plan bytes: any pointer kept alive for as long as an engine reads weights from it.
struct PlanBytes {
  std::shared_ptr<const void> data;  // at least 64-byte aligned for in-place weights
  size_t size = 0;
};

class Context;

class TENON_API Engine : public std::enable_shared_from_this<Engine> {
 public:
  /// Checks every bound of `plan` and reads weights in place. Throws Error on a truncated,
  /// corrupted, foreign or newer plan, and on a plan this machine cannot run (names the missing
  /// instruction set).
  static std::shared_ptr<Engine> load(PlanBytes plan);
  static std::shared_ptr<Engine> load_file(const std::string& path);  // memory-mapped
  ~Engine();

  const std::vector<BindingInfo>& inputs() const;
  const std::vector<BindingInfo>& outputs() const;
  const PlanBytes& plan() const;
  /// "cpu" or "cuda": where inputs and outputs lie.
  const std::string& device() const;
  /// Hex digest of the plan's content; equal plans have equal hashes.
  const std::string& content_hash() const;
  /// JSON: {"Layers": [...], "I/O Tensors": [...], ...}, see docs/plan_format.md.
  std::string layer_info() const;
  /// Writes the shapes of all outputs for the given input shapes. Throws Error naming input,
  /// dimension, value and wanted range.
  std::vector<std::vector<int64_t>> infer_shapes(
      const std::vector<std::vector<int64_t>>& inputs) const;
  std::unique_ptr<Context> create_context();

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// One layer's time in a profile.
struct LayerTime {
  std::string name;
  double start_us, duration_us;
};

class TENON_API Context {
 public:
  ~Context();
  /// Sets the sizes of all inputs (shape[i] points to rank sizes). Cheap if unchanged since the
  /// last call. Throws Error naming the input, the dimension, the value and the wanted range.
  void set_input_shapes(const int64_t* const* shapes);
  /// Output sizes for the present input sizes; valid until the next set_input_shapes.
  const std::vector<std::vector<int64_t>>& output_shapes() const;
  /// Runs. inputs[i]/outputs[i] are dense row-major buffers of the binding's dtype. On CUDA
  /// `stream` is a CUstream; on the CPU it is ignored. Nothing is allocated after the first call at
  /// a shape.
  void enqueue(const void* const* inputs, void* const* outputs, void* stream = nullptr);
  /// As enqueue, with all buffers in host memory, and waits until it is done. On CUDA the buffers
  /// are copied to the device and back: for tests and small tools.
  void execute(const void* const* inputs, void* const* outputs);
  /// While on, each enqueue records the time of each layer.
  void set_profiling(bool on);
  const std::vector<LayerTime>& last_profile() const;

  struct Impl;

 private:
  friend class Engine;
  explicit Context(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// "major.minor.patch"
TENON_API const char* version();

}  // namespace tenon
