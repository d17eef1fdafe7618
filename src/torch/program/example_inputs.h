// SPDX-License-Identifier: Apache-2.0
// Random inputs that a saved program can be called with, to compare it with its compiled form. Free
// function.
#pragma once

#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

#include "torch/program/compile_program.h"

namespace tenon::torch_bridge {

/// The flattened call of the program at `path`, at its best sizes: floating point tensors are
/// normally distributed, whole numbers are 0 or 1, everything else is what the export fixed. Equal
/// seeds give equal tensors. On the program's device.
std::vector<c10::IValue> example_inputs(const std::string& path,
                                        const std::vector<ProgramInput>& inputs, uint64_t seed);

}  // namespace tenon::torch_bridge
