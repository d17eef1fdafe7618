// SPDX-License-Identifier: Apache-2.0
// What a name means once in-place ops have become ordinary ones. In the program every alias of a
// tensor that is written in place sees the write; the ordinary op, in an engine or not, returns the
// result as a new value, so what comes later must name that. Owns copies of all names.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tenon::torch_bridge {

class InPlaceNames {
 public:
  /// Records that the node at `position` writes `target` and calls the result `result`. Calls come
  /// in the order of the program.
  void add(size_t position, const std::string& target, const std::string& result);
  bool writes_at(size_t position) const { return positions_.count(position) > 0; }

  /// The name of what a reader at `position` of the program sees under `name`, which the node at
  /// `defined` (0 for an input; positions of nodes begin at 1) defines.
  const std::string& resolve(const std::string& name, size_t defined, size_t position) const;

 private:
  const std::string& root(const std::string& name) const;

  std::map<std::string, std::string> root_;  // result -> the first target of the chain
  std::map<std::string, std::vector<std::pair<size_t, std::string>>> writes_;  // by root
  std::set<size_t> positions_;
};

}  // namespace tenon::torch_bridge
