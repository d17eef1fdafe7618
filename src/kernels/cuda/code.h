// SPDX-License-Identifier: Apache-2.0
// Device code: CUDA C++ text (files in kernels/cuda/src, embedded in the library, or generated)
// compiled by NVRTC to cubins for one architecture, cached by content in memory and on disk, and
// stored in the plan. A store made from a plan compiles nothing: code it lacks is an Error. Sources
// include no CUDA headers: common.cuh is all they need. Thread safe.
#pragma once

#include <cuda.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/device.h"

namespace tenon::kernels {

/// What is compiled. Sizes are parameters of the kernels, never part of the source: one compiled
/// source serves every shape.
struct CodeSource {
  std::string name;  // for messages: "softmax.cu", "pointwise"
  std::string text;
  std::vector<std::string> defines;  // "T_IN=f16"
};

/// The embedded file of kernels/cuda/src. Throws Error if there is none of that name.
std::string_view source_file(const std::string& name);

/// "sm_90a" for 90, else "sm_80".
std::string architecture(int sm);

/// Compiles with NVRTC; needs no GPU. Throws Error with the compiler's log.
std::string compile_code(const CodeSource& source, const std::string& arch);

class CodeStore {
 public:
  CodeStore(int sm, bool may_compile, std::string cache_folder);
  ~CodeStore();
  void add(DeviceCode code);
  /// The kernel `function` (extern "C") of the compiled source, loaded on the current device.
  CUfunction function(const CodeSource& source, const std::string& function);
  std::vector<DeviceCode> used() const;

 private:
  struct Entry {
    std::string bytes;
    CUmodule module = nullptr;
  };
  std::string key_of(const CodeSource& source) const;
  Entry& entry(const CodeSource& source);
  std::string cached_or_compiled(const CodeSource& source, const std::string& key) const;

  const std::string arch_;
  const bool may_compile_;
  const std::string cache_folder_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace tenon::kernels
