// SPDX-License-Identifier: Apache-2.0
// Network -> plan: optimise (passes.cpp lists them), select kernels by timing, pack constants,
// save.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/options.h"
#include "engine/plan/plan.h"
#include "ir/graph.h"
#include "ir/pass.h"
#include "kernels/kernel.h"

namespace tenon::engine {

class TimingCache;

struct BuildResult {
  PlanContent content;
  std::vector<ir::PassTime> pass_times;
  double select_ms = 0, optimise_ms = 0;
};

/// Builds `net` (consumed). `cache` may be null. Throws Error, or Cancelled when progress says so.
BuildResult build_engine(ir::Graph net, const Options& options, TimingCache* cache,
                         const Progress& progress = {});

/// The ordered list of net passes (build/passes.cpp), each in build/passes/<name>.cpp.
std::vector<ir::Pass> engine_passes(const Options& options,
                                    kernels::Device device = kernels::Device::kCPU);

/// Timing cache on disk: problem key -> microseconds per candidate. The file is read once, merged
/// and replaced atomically on save(); a damaged or foreign file is ignored with a warning.
class TimingCache {
 public:
  static std::unique_ptr<TimingCache> open(const std::string& path);
  ~TimingCache();
  /// Times of candidates by name for `key`, or null.
  const std::vector<std::pair<std::string, double>>* find(const std::string& key) const;
  void insert(const std::string& key, std::vector<std::pair<std::string, double>> times);
  void save();
  struct Impl;

 private:
  explicit TimingCache(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::engine
