// SPDX-License-Identifier: Apache-2.0
// What a name means once in-place ops have moved into engines. In the program every alias of a
// tensor that is written in place sees the write; an engine returns the result as a new value, so
// what comes later must name that. Immutable; owns copies of all names.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tenon::torch_bridge {

class InPlaceNames {
 public:
  /// Records that the node at `position` writes `target` and calls the result `result`. Calls come
  /// in the order of the program.
  void add(size_t position, const std::string& target, const std::string& result, bool in_engine);

  /// The name of what a reader at `position` of the program sees under `name`, which the node at
  /// `defined` (0 for an input; positions of nodes begin at 1) defines.
  const std::string& resolve(const std::string& name, size_t defined, size_t position) const;

 private:
  const std::string& root(const std::string& name) const;

  std::map<std::string, std::string> root_;  // result -> the first target of the chain
  std::map<std::string, std::vector<std::pair<size_t, std::string>>>
      writes_;  // by root, in engines
};

}  // namespace tenon::torch_bridge
