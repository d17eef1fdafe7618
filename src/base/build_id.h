// SPDX-License-Identifier: Apache-2.0
// Which build of the library this is.
#pragma once

#include <string>

#include "base/error.h"

namespace tenon {

/// The GNU build ids (hexadecimal, joined with "+") of libtenon.so and its plug-ins, as far as they
/// are loaded; empty where the linker wrote none. Another source or compiler means another id.
TENON_API std::string build_id();

}  // namespace tenon
