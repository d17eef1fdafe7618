// SPDX-License-Identifier: Apache-2.0
// Sharing out work whose parts are large.
#pragma once

#include <algorithm>
#include <atomic>

#include "kernels/kernel.h"

namespace tenon::kernels::cpu {

/// body(i, thread) for each i < n, on whichever of the threads is free: cores are seldom equally
/// fast, for other work and for other tenants of the machine. Exceptions must not leave body.
template <typename F>
void share_out(int64_t n, int64_t threads, const F& body) {
  std::atomic<int64_t> next = 0;
  parallel_for(std::min(n, threads), 1, [&](int64_t thread, int64_t) {
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < n;) body(i, thread);
  });
}

}  // namespace tenon::kernels::cpu
