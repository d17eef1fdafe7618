// SPDX-License-Identifier: Apache-2.0
// Dot product of two rows. Integers wrap. Pure.
#pragma once

#include <cstdint>
#include <type_traits>

namespace tenon::kernels::reference {

/// sum of a[i] * b[i]. Four partial sums: independent additions, and less rounding.
template <typename A>
A dot(const A* a, const A* b, int64_t n) {
  // Unsigned arithmetic for integers: overflow wraps instead of being undefined.
  using W = std::conditional_t<std::is_same_v<A, double>, double, uint64_t>;
  W s[4] = {0, 0, 0, 0};
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (int j = 0; j < 4; ++j) s[j] += static_cast<W>(a[i + j]) * static_cast<W>(b[i + j]);
  }
  for (; i < n; ++i) s[0] += static_cast<W>(a[i]) * static_cast<W>(b[i]);
  return static_cast<A>((s[0] + s[1]) + (s[2] + s[3]));
}

}  // namespace tenon::kernels::reference
