// SPDX-License-Identifier: Apache-2.0
// Memory plan: values that share storage are united, and storages with disjoint lifetimes get
// overlapping places in one arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tenon::engine {

/// A buffer that lives from step `first` to step `last` (both included).
struct Lifetime {
  size_t bytes;
  int first, last;
};

struct ArenaPlan {
  std::vector<size_t> offsets;  // of each lifetime; multiples of 64
  size_t bytes = 0;
};

/// Greedy by size: each buffer, largest first, takes the lowest gap free during its whole life.
ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes);

}  // namespace tenon::engine
