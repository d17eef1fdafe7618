// SPDX-License-Identifier: Apache-2.0
// Ranges and best sizes of a program's symbols, from what the user says about its inputs: what
// python/torch_tensorrt/dynamo/_ranges.py does. Free functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "frontends/export/archive.h"
#include "ir/program.h"
#include "torch/program/compile_program.h"

namespace tenon::torch_bridge {

/// The archive's program of the name that torch.export.save gives, or its only one.
std::string model_of(const frontends::Archive& archive);

/// The names of the tensor inputs in the order of the flattened call, from the program's JSON.
std::vector<std::string> tensor_inputs(std::string_view model_json);

/// Symbol -> (min, opt, max) where the inputs say something new. `program` was imported without
/// ranges. Error if the inputs and the program contradict each other.
ir::SymRanges ranges_of(const ir::Program& program, const std::vector<std::string>& names,
                        const std::vector<ProgramInput>& inputs);

}  // namespace tenon::torch_bridge
