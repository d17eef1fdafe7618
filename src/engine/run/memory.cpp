// SPDX-License-Identifier: Apache-2.0
#include "engine/run/memory.h"

#include <algorithm>
#include <numeric>

namespace tenon::engine {
namespace {

constexpr size_t kArenaAlign = 64;

struct Placed {
  size_t offset, end;
  const Lifetime* life;
};

/// `placed` is sorted by offset.
size_t lowest_gap(const std::vector<Placed>& placed, const Lifetime& life, size_t bytes) {
  size_t at = 0;
  for (const Placed& p : placed) {
    if (p.life->last < life.first || life.last < p.life->first) continue;
    if (p.offset >= at + bytes) break;
    at = std::max(at, p.end);
  }
  return at;
}

}  // namespace

ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });
  ArenaPlan plan;
  plan.offsets.resize(lifetimes.size());
  std::vector<Placed> placed;
  for (size_t i : order) {
    size_t bytes = (lifetimes[i].bytes + kArenaAlign - 1) / kArenaAlign * kArenaAlign;
    size_t at = lowest_gap(placed, lifetimes[i], bytes);
    plan.offsets[i] = at;
    plan.bytes = std::max(plan.bytes, at + bytes);
    Placed p{at, at + bytes, &lifetimes[i]};
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), p,
                         [](const Placed& a, const Placed& b) { return a.offset < b.offset; }),
        p);
  }
  return plan;
}

}  // namespace tenon::engine
