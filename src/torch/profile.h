// SPDX-License-Identifier: Apache-2.0
// Times of an engine's layers, added up over its calls and written as a trace that Perfetto and
// chrome://tracing show. Thread safe.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "tenon/runtime.h"

namespace tenon::torch_bridge {

class Profile {
 public:
  /// Files go to `folder`, which is created; `name` is the engine's name in them.
  Profile(std::string folder, std::string name, const std::string& layer_info);
  /// Adds a call's times and writes the trace anew.
  void add(const std::vector<LayerTime>& layers);

 private:
  void write_trace() const;

  std::string folder_, name_;
  std::mutex mutex_;
  std::unordered_map<std::string, size_t> index_;
  std::vector<LayerTime> totals_;  // in order of first appearance
};

}  // namespace tenon::torch_bridge
