// SPDX-License-Identifier: Apache-2.0
// The vocabulary of activation, unary, elementwise and pointwise layers on single values: floats in
// double, integers in int64. Names are those of layers.def. Read-only tables; thread safe.
#pragma once

#include <cstdint>
#include <string>

#include "tenon/types.h"

namespace tenon::kernels::reference {

/// One op; the forms it is not defined for are null. Comparisons and tests give 0 or 1.
struct ScalarOp {
  double (*float1)(double x, double alpha, double beta) = nullptr;
  double (*float2)(double a, double b) = nullptr;
  /// Takes float2's place for types narrower than f64 where the precision of a step is observable.
  double (*narrow2)(double a, double b) = nullptr;
  int64_t (*int1)(int64_t x) = nullptr;
  int64_t (*int2)(int64_t a, int64_t b) = nullptr;  // may throw: division by zero
  bool to_bool = false;                             // the result is bool whatever the operands
};

inline double apply(const ScalarOp& op, DataType t, double a, double b) {
  return (op.narrow2 && t != DataType::kDOUBLE ? op.narrow2 : op.float2)(a, b);
}

/// The op called `name`, or null.
const ScalarOp* find_scalar_op(const std::string& name);
/// Same for a fused activation: "" gives null, an unknown name throws.
const ScalarOp* find_activation(const std::string& name);

}  // namespace tenon::kernels::reference
