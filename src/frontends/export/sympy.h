// SPDX-License-Identifier: Apache-2.0
// Reads the size expressions of exported programs: sympy's srepr text with torch's own functions.
#pragma once

#include <string_view>

#include "base/support.h"
#include "ir/sym_dim.h"

namespace tenon::frontends {

/// Sets `size`, or answers no with the reason if the expression is well formed but is not integer
/// arithmetic that SymDim has (an unknown function, a true division, a fraction). Throws Error if
/// the text is not an expression.
Support read_sympy(std::string_view srepr, ir::SymDim* size);

}  // namespace tenon::frontends
