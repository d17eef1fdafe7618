// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/alias_sets.h"

#include <utility>

namespace tenon::frontends {

AliasSets::Set& AliasSets::of(const ir::Value* v) {
  Set*& set = set_of_[v];
  if (!set) {
    sets_.push_back(std::make_unique<Set>());
    set = sets_.back().get();
    set->members.push_back(v);
  }
  return *set;
}

void AliasSets::join(const ir::Value* a, const ir::Value* b) {
  Set *into = &of(a), *from = &of(b);
  if (into == from) return;
  if (into->members.size() < from->members.size()) std::swap(into, from);
  for (const ir::Value* v : from->members) set_of_[v] = into;
  into->members.insert(into->members.end(), from->members.begin(), from->members.end());
  if (into->external.empty()) into->external = from->external;
  if (into->pinned.empty()) into->pinned = from->pinned;
  *from = Set{};
}

}  // namespace tenon::frontends
