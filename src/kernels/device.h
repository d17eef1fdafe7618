// SPDX-License-Identifier: Apache-2.0
// What the engine needs of a device beside kernels: memory, timing, and running a list of steps.
// The CPU needs none of it: its memory is the process's and its executor is a loop. A device is
// registered by a static object of its own file, so that nothing here refers to CUDA; a build
// without it has no such device and says so. Thread safe unless noted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/support.h"
#include "kernels/kernel.h"

namespace tenon::kernels {

/// Compiled device code as the plan stores it.
struct DeviceCode {
  std::string key;  // digest of source, options and architecture
  std::string bytes;
};

/// A step with its pointers. The arrays belong to the context and stay where they are.
struct BoundStep {
  const Kernel* kernel;
  Call call;
  bool touches_caller;  // one of the pointers may change between runs
};

/// A copy on the device before or after the steps: of a caller's tensor that a step with fixed
/// pointers uses.
struct BoundCopy {
  void* to;
  const void* from;
  size_t bytes;
};

/// All that a context does at one set of sizes.
struct BoundRun {
  std::vector<BoundStep> steps;
  std::vector<BoundCopy> before, after;
};

/// Runs of one context. A run is known by its address and recorded when it is repeated. Not thread
/// safe; one per context.
class Executor {
 public:
  virtual ~Executor() = default;
  /// The run goes away.
  virtual void forget(const BoundRun& run) = 0;
  /// Queues it on `stream`. `moved`: a pointer of the caller in a step is another than last time.
  /// Runs of one context on different streams are put in order.
  virtual void run(const BoundRun& run, bool moved, void* stream) = 0;
  /// Runs step by step and waits; microseconds per step.
  virtual std::vector<double> profile(const BoundRun& run, void* stream) = 0;
};

class DeviceRuntime {
 public:
  virtual ~DeviceRuntime() = default;
  virtual Device device() const = 0;
  /// Whether it can run here; the reason is a sentence for the user.
  virtual Support available() const = 0;
  /// Makes device number `ordinal` the one this thread works on. Throws Error if there is none.
  virtual void select(int ordinal) = 0;
  /// JSON members of the plan's target: "\"sm\": 90, \"name\": \"NVIDIA H200\"".
  virtual std::string target_json() const = 0;
  /// Facts for DeviceTarget (all but `code`).
  virtual DeviceTarget target() const = 0;
  /// Text that tells devices and library versions apart in the timing cache.
  virtual std::string identity() const = 0;

  /// Uninitialised memory, 256-byte aligned. Throws Error if there is none.
  virtual std::shared_ptr<void> allocate(size_t bytes) = 0;
  virtual void upload(void* to, const void* from, size_t bytes) = 0;
  virtual void download(void* to, const void* from, size_t bytes) = 0;
  /// Median microseconds of one run on the device, without the cost of launching it.
  virtual double time(const Kernel& kernel, const Call& call, int rounds) = 0;
  virtual std::unique_ptr<Executor> make_executor() = 0;

  /// A store that compiles what it lacks (and keeps it in `cache_folder` if that is not empty).
  virtual std::shared_ptr<CodeStore> make_code_store(const std::string& cache_folder) = 0;
  /// A store of a plan's code, which compiles nothing.
  virtual std::shared_ptr<CodeStore> load_code(std::vector<DeviceCode> code) = 0;
  /// What kernels asked of the store so far.
  virtual std::vector<DeviceCode> used_code(const CodeStore& store) const = 0;
};

void register_device(std::unique_ptr<DeviceRuntime> runtime);
/// Throws Error if this library was built without the device.
DeviceRuntime& device_runtime(Device device);

}  // namespace tenon::kernels
