// SPDX-License-Identifier: Apache-2.0
// Two candidates for unary atanh on f32, "test.first" and "test.second", that count how often they
// are prepared; the second has an allowance of 5 %. Other layers are not touched. The counter is
// process-wide and atomic.
#pragma once

#include <atomic>

namespace tenon::test {

/// Calls of prepare() of both.
std::atomic<int>& prepared_kernels();

}  // namespace tenon::test
