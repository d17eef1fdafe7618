// SPDX-License-Identifier: Apache-2.0
// Seeds of randomised tests: fixed by default, so that runs repeat; TENON_TEST_SEED=n moves them.
// Put SCOPED_TRACE(seed_text(seed)) around a case so that a failure shows its seed.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace tenon::test {

inline uint64_t first_seed() {
  const char* v = std::getenv("TENON_TEST_SEED");
  return v ? std::strtoull(v, nullptr, 10) : 1;
}
inline std::string seed_text(uint64_t seed) { return "TENON_TEST_SEED=" + std::to_string(seed); }

/// The standard's distributions differ between libraries; this gives the same numbers everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  /// In [lo, hi].
  int64_t in(int64_t lo, int64_t hi) {
    return lo + static_cast<int64_t>(engine_() % static_cast<uint64_t>(hi - lo + 1));
  }
  bool one_in(int n) { return in(1, n) == 1; }
  uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace tenon::test
