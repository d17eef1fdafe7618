// SPDX-License-Identifier: Apache-2.0
// How a reference kernel is declared: two functions, one that says whether it can, one that returns
// the call to make. Whatever the call needs is copied into it; it outlives problem and node.
//
//   static Support supports(const Problem& p) { return check_dtypes(p, is_float); }
//   static Run prepare(const Problem& p) { return [x = p.in[0]](const Call& c) { ... }; }
//   static const RegisterReference kRegister{"softmax", supports, prepare};
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cpu/reference/view.h"
#include "kernels/problem.h"
#include "net/layer.h"

namespace tenon::kernels::reference {

using Run = std::function<void(const Call&)>;
using SupportsFn = Support (*)(const Problem&);
using PrepareFn = Run (*)(const Problem&);

/// Registers "reference.<op>", priority 0. Constants are always taken dense, in any layout.
struct RegisterReference {
  RegisterReference(const char* op, SupportsFn supports, PrepareFn prepare);
};

/// Yes if every present operand has a dtype that `good` accepts, else a reason naming the operand.
Support check_dtypes(const Problem& p, bool (*good)(DataType));
/// Yes for anything made of whole elements.
inline Support any_dtype(const Problem& p) { return check_dtypes(p, is_element); }
inline Support float_dtypes(const Problem& p) { return check_dtypes(p, is_float); }

/// Operand i, or an absent one past the end.
TensorDesc input(const Problem& p, size_t i);

}  // namespace tenon::kernels::reference
