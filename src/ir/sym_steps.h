// SPDX-License-Identifier: Apache-2.0
// A SymDim as a calculation in postfix order, for writers of other languages' expressions.
#pragma once

#include <string>
#include <vector>

#include "ir/sym_dim.h"

namespace tenon::ir {

struct SymStep {
  enum class Kind : uint8_t { kNumber, kSymbol, kAdd, kMul, kFloorDiv, kMod, kMax, kMin };
  Kind kind;
  int64_t number = 0;  // kNumber
  std::string symbol;  // kSymbol
};

/// kNumber and kSymbol push, the others replace the two on top by one. Ends with one value.
TENON_API std::vector<SymStep> steps_of(const SymDim& size);

}  // namespace tenon::ir
