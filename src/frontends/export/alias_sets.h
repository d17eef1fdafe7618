// SPDX-License-Identifier: Apache-2.0
// Which values of a graph may share memory: disjoint sets that grow as a graph is walked. A set may
// be external (it contains memory of an input or constant) and pinned (with a reason). Holds
// pointers into the graph; not thread safe.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/graph.h"

namespace tenon::frontends {

class AliasSets {
 public:
  struct Set {
    std::vector<const ir::Value*> members;
    std::string external;  // name of an input or constant whose memory this is
    std::string pinned;    // why the members must stay in torch
  };

  /// The set of `v`; a new one if it is not in any.
  Set& of(const ir::Value* v);
  /// `a` and `b` may share memory.
  void join(const ir::Value* a, const ir::Value* b);
  /// Calls `visit` for each set. Order is that of the first member's appearance.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto& set : sets_) {
      if (!set->members.empty()) visit(*set);
    }
  }

 private:
  std::vector<std::unique_ptr<Set>> sets_;  // emptied ones stay
  std::unordered_map<const ir::Value*, Set*> set_of_;
};

}  // namespace tenon::frontends
