// SPDX-License-Identifier: Apache-2.0
// libtenon_malloc_counter.so: linked first or preloaded, it stands in front of the C library's
// allocation functions and of operator new, and counts calls by the address they were made from.
// The counts are of the whole process; reset() must not run beside other threads' allocations. With
// MALLOC_COUNTER_PLAIN_DLOPEN=1 in the environment, dlopen ignores RTLD_DEEPBIND, so that the calls
// of libraries opened that way are seen too (only for programs without torch: its symbols would
// mix).
#pragma once
#include <cstdint>

extern "C" {
/// Forgets all calls so far.
void malloc_counter_reset();
/// Calls since the last reset.
int64_t malloc_counter_calls();
/// The i-th place that called, with its number of calls since the reset; 0 behind the last one.
/// Places beyond the first 256 are counted together at address 1.
uintptr_t malloc_counter_caller(int i, int64_t* calls);
}
