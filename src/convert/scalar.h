// SPDX-License-Identifier: Apache-2.0
// 0-d constants made from Python numbers. The constants own their data. Thread safe (no state).
#pragma once

#include "ir/graph.h"

namespace tenon::convert {

/// A 0-d constant holding `value` rounded to `type` (nearest even for floats, truncated for ints).
/// Null if `type` has no scalar constants here (kFP8, kINT4).
ir::ConstantPtr scalar_constant(double value, DataType type);
ir::ConstantPtr integer_constant(int64_t value, DataType type);

/// Does `value` survive rounding to `type`?
bool representable(double value, DataType type);

}  // namespace tenon::convert
