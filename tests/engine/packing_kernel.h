// SPDX-License-Identifier: Apache-2.0
// Candidates for linear on f64 with 37 columns of weights, which no other test has: "test.packs_1",
// "test.packs_2" and "test.packs_3" pack their weights and count the bytes; "test.dense" takes them
// as they are, "test.unpacked" packs and fails to prepare. The counters are process-wide, and for
// one thread at a time.
#pragma once

#include <cstddef>
#include <memory>

namespace tenon::test {

inline constexpr int kPackingColumns = 37;

struct PackingCounts {
  size_t live_bytes = 0, peak_bytes = 0;  // packed, and not yet given up with their kernel
  int packs = 0;                          // times that weights were packed
  bool dense_alive = false;               // did the last run still find the dense weights there?
  std::weak_ptr<const void> dense;        // what pack() saw last
};
PackingCounts& packing_counts();

}  // namespace tenon::test
