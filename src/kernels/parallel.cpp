// SPDX-License-Identifier: Apache-2.0
#include <omp.h>

#include <algorithm>

#include "kernels/kernel.h"

namespace tenon::kernels {

void parallel_for(int64_t n, int64_t grain, RangeBody body) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  // Inside a parallel region the team is already at work; a nested one would oversubscribe.
  if (n <= grain || omp_in_parallel()) return body(0, n);
  const int64_t parts = std::min<int64_t>(omp_get_max_threads(), n / grain);
  if (parts <= 1) return body(0, n);
#pragma omp parallel num_threads(static_cast<int>(parts))
  {
    const int64_t id = omp_get_thread_num(), team = omp_get_num_threads();
    const int64_t begin = n / team * id + std::min(id, n % team);
    const int64_t end = begin + n / team + (id < n % team ? 1 : 0);
    if (begin < end) body(begin, end);
  }
}

}  // namespace tenon::kernels
