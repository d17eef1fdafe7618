// SPDX-License-Identifier: Apache-2.0
// Program of a "pointwise" layer: one instruction per line, SSA, e.g. for inputs i0, i1:
//     "add i0 i1"              -> t0
//     "const 0.5 f32"          -> t1
//     "mul t0 t1"              -> t2
//     "gelu_erf t2"            -> t3
//     "clip t3 0 6"            -> t4    (activation parameters follow as numbers)
//     "cast t4 f16"            -> t5
//     "select i2 t5 i0"        -> t6
//     "scale t6 i3 i4"         is not an op: scale layers become mul and add with [C] inputs
// Op names are the type/operation strings of activation, unary and elementwise ("add" is spelled
// "sum" there: one vocabulary, so "sum i0 i1"). The last instruction is the result. Inputs
// broadcast to the output's shape; a per-channel constant has shape [1, C, 1, 1].
#pragma once

#include <string>
#include <vector>

#include "base/support.h"
#include "tenon/types.h"

namespace tenon::net {

struct PointwiseOperand {
  bool is_input;  // i<k>, else t<k>
  int index;
};
struct PointwiseInstr {
  std::string op;  // "sum", "relu", "cast", "select", "const", ...
  std::vector<PointwiseOperand> operands;
  std::vector<double> params;         // activation alpha/beta, or the constant's value
  DataType dtype = DataType::kFLOAT;  // result type (inferred)
};

/// Parses and type-checks a program for inputs of the given types. Throws Error naming the line.
std::vector<PointwiseInstr> parse_pointwise(const std::vector<std::string>& program,
                                            const std::vector<DataType>& input_types);
std::string print_pointwise(const PointwiseInstr& instr);

/// Number of tensor operands of a pointwise op, or 0 if there is no such op.
int pointwise_arity(const std::string& op);
/// Most parameters that may follow the operands: 2 (alpha, beta) for activations, else 0.
int pointwise_params(const std::string& op);
/// Is the op defined on operands of type `in`?
Support pointwise_accepts(const std::string& op, DataType in);
/// Result dtype of a pointwise op on operands of type `in` (comparisons, isnan, not: bool).
DataType pointwise_result(const std::string& op, DataType in);

}  // namespace tenon::net
