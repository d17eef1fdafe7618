// SPDX-License-Identifier: Apache-2.0
#include "torch/program/in_place_names.h"

namespace tenon::torch_bridge {

const std::string& InPlaceNames::root(const std::string& name) const {
  const auto it = root_.find(name);
  return it == root_.end() ? name : it->second;
}

void InPlaceNames::add(size_t position, const std::string& target, const std::string& result) {
  const std::string first = root(target);
  root_[result] = first;
  writes_[first].emplace_back(position, result);
  positions_.insert(position);
}

const std::string& InPlaceNames::resolve(const std::string& name, size_t defined,
                                         size_t position) const {
  const auto it = writes_.find(root(name));
  if (it == writes_.end()) return name;
  const std::string* seen = &name;
  for (const auto& [written, result] : it->second) {
    if (defined < written && written < position) seen = &result;
  }
  return *seen;
}

}  // namespace tenon::torch_bridge
