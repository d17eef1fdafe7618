// SPDX-License-Identifier: Apache-2.0
// Frontend for torch.export programs: the JSON of an ExportedProgram (schema 8, the content of
// models/<name>.json in a .pt2 archive) -> ir::Graph{aten}. Knows containers, constants, names and
// shapes, no ops, with one exception: in-place ops are made functional here (functionalise.cpp).
// Needs no torch. Input is hostile: every field is checked, errors name the JSON path.
#pragma once

#include <string>
#include <string_view>

#include "ir/program.h"

namespace tenon::frontends {

/// `model_json` is an ExportedProgram JSON object. `opts` overrides the ranges of symbols
/// (min/opt/max); without it opt is the hint. Schema majors other than 8 are refused.
ir::Program import_exported_program(std::string_view model_json, const ir::ConstantTable& constants,
                                    const ir::SymRanges& opts = {});

/// "Add(FloorDiv(Add(Symbol('s0', ...), Integer(-1)), Integer(2)), Integer(1))" -> SymDim.
ir::SymDim parse_sympy(std::string_view srepr);

}  // namespace tenon::frontends
