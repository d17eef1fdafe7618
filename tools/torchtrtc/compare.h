// SPDX-License-Identifier: Apache-2.0
// The threshold check: outputs of the original and of the compiled model, side by side.
#pragma once

#include <ATen/core/ivalue.h>

#include <vector>

#include "arguments.h"

namespace torchtrtc {

/// Random inputs are made from this; printed with every check.
constexpr uint64_t kSeed = 20261121;

/// Prints a line per output; Error if one deviates by more than atol + rtol * (its largest value),
/// or has another shape, type or place of NaN. Whole numbers and truths must be equal.
void check_outputs(const std::vector<c10::IValue>& seen, const std::vector<c10::IValue>& wanted,
                   const Arguments& arguments);

/// The leaves of tuples, lists and dicts, in order.
void flatten(const c10::IValue& value, std::vector<c10::IValue>& into);

}  // namespace torchtrtc
