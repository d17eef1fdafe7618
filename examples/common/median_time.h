// SPDX-License-Identifier: Apache-2.0
// Median wall time of a call, in milliseconds.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace example {

template <typename Call>
double median_ms(int runs, Call&& call) {
  std::vector<double> times;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    call();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    times.push_back(time.count());
  }
  std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
  return times[static_cast<size_t>(runs) / 2];
}

}  // namespace example
