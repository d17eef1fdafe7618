// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), the checksum of the plan's sections. Uses the processor's instruction when
// it has one, a table otherwise; both give the same value. Thread safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/error.h"

namespace tenon {

/// Checksum of `size` bytes. Passing the checksum of the bytes before as `previous` continues it:
/// crc32c(b, m, crc32c(a, n)) is the checksum of a followed by b.
TENON_API uint32_t crc32c(const void* data, size_t size, uint32_t previous = 0);

namespace detail {
/// The path without special instructions; separate so that a test can compare the two.
TENON_API uint32_t crc32c_table(const void* data, size_t size, uint32_t previous);
}  // namespace detail
}  // namespace tenon
