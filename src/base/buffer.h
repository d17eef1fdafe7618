// SPDX-License-Identifier: Apache-2.0
// Memory for weights and synthetic operands while an engine is built. A large buffer has pages of
// its own, which the system gets back the moment it is freed: the heap would keep them, and a build
// that frees one layer's weights and packs the next would hold both. Thread safe.
#pragma once

#include <cstddef>
#include <memory>

#include "base/error.h"

namespace tenon {

/// From this size on a buffer has its own pages.
inline constexpr size_t kOwnPages = size_t{1} << 20;

/// `bytes` uninitialised bytes (at least one), 64-byte aligned. Throws Error if there is no memory.
TENON_API std::shared_ptr<void> make_buffer(size_t bytes);

}  // namespace tenon
