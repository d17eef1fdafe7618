// SPDX-License-Identifier: Apache-2.0
// Engines that cuDNN has for a graph, and plans that run it by one of them. Configurations belong
// to one thread; a Plan may run from many threads at once. Failures throw Error.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kernels/cuda/cudnn_graph.h"

namespace tenon::kernels::cudnn {

/// An engine of cuDNN with the values of its knobs.
struct EngineChoice {
  int64_t engine = 0;
  std::vector<std::pair<int64_t, int64_t>> knobs;  // type, value

  std::string text() const;                            // "e41:2=3,13=32"
  static EngineChoice parse(const std::string& text);  // throws Error
};

/// A finalized engine configuration of a graph.
class EngineConfig {
 public:
  explicit EngineConfig(Descriptor config) : config_(std::move(config)) {}
  EngineConfig(const Graph& graph, const EngineChoice& choice);
  const Descriptor& descriptor() const { return config_; }
  EngineChoice choice() const;
  bool has(cudnnBackendNumericalNote_t note) const;
  bool has(cudnnBackendBehaviorNote_t note) const;

 private:
  Descriptor engine() const;
  Descriptor config_;
};

/// Configurations that cuDNN proposes, the one it believes fastest first. Empty where it knows
/// none (`why` gets the reason).
std::vector<EngineConfig> propose(const Graph& graph, cudnnBackendHeurMode_t mode,
                                  std::string* why);

struct BoundTensor {
  int64_t uid;
  const void* data;
};

class Plan {
 public:
  Plan(const Graph& graph, const EngineConfig& config);
  size_t workspace_bytes() const { return workspace_bytes_; }
  void execute(cudnnHandle_t handle, const std::vector<BoundTensor>& tensors,
               void* workspace) const;

 private:
  Descriptor plan_{CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR};
  size_t workspace_bytes_ = 0;
};

}  // namespace tenon::kernels::cudnn
