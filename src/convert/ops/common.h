// SPDX-License-Identifier: Apache-2.0
// What several converter families share: operands that are tensors or numbers, torch's promotion
// over them, and one-line spellings of frequent layers. All functions add layers through Ctx and
// end with Ctx::no() where torch or the layers do not allow something. Calls that add layers do not
// stand side by side as arguments of one call: compilers differ in their order, and names in it.
#pragma once

#include <string>
#include <vector>

#include "convert/converter.h"
#include "convert/promote.h"

namespace tenon::convert {

/// A tensor, or a Python number (also a symbolic size) where torch takes both.
struct Operand {
  ir::Value* tensor = nullptr;
  ir::Attr number;
  bool present() const { return tensor || !std::holds_alternative<std::monostate>(number); }
};

Operand operand(Ctx& c, const ir::Node& n, const char* arg);  // may be absent: !present()
Operand required_operand(Ctx& c, const ir::Node& n, const char* arg);
inline Operand of(ir::Value* v) { return Operand{v, {}}; }
Operand of(double number);
Operand of(int64_t number);

/// torch.result_type over the operands that are present.
DataType result_type(const std::vector<Operand>& operands);
/// The operand as a tensor of dtype `type`; numbers become 0-d constants (sizes: size_of layers).
ir::Value* value_of(Ctx& c, const Operand& o, DataType type);
/// The number of an operand, if it is a fixed one.
std::optional<double> fixed_number(const Operand& o);

/// Integers and bools become float32, as in torch's floating point functions.
ir::Value* as_float(Ctx& c, ir::Value* x);
void require_float(Ctx& c, const ir::Value* x);
/// Half precision widened to float32 for a calculation of several steps; others unchanged.
ir::Value* widen(Ctx& c, ir::Value* x);

ir::Value* unary(Ctx& c, const char* operation, ir::Value* x);
ir::Value* activation(Ctx& c, const char* type, ir::Value* x, double alpha = 0, double beta = 0);
ir::Value* binary(Ctx& c, const char* operation, ir::Value* a, ir::Value* b);
ir::Value* binary(Ctx& c, const char* operation, ir::Value* a, double number);  // in a's dtype
/// operation(a, b) on both operands as `type`.
ir::Value* binary(Ctx& c, const char* operation, const Operand& a, const Operand& b, DataType type);
ir::Value* select(Ctx& c, ir::Value* condition, ir::Value* a, ir::Value* b);
/// operation(a, b) in `type`. A number that `type` cannot hold is used at float32 precision, as
/// torch does.
ir::Value* arithmetic(Ctx& c, const char* operation, const Operand& a, const Operand& b,
                      DataType type);

ir::Value* reshape(Ctx& c, ir::Value* x, const ir::SymShape& shape);
ir::Value* permute(Ctx& c, ir::Value* x, const std::vector<int64_t>& perm);
ir::Value* expand(Ctx& c, ir::Value* x, const ir::SymShape& shape);
ir::Value* unsqueeze(Ctx& c, ir::Value* x, size_t axis);
ir::Value* squeeze(Ctx& c, ir::Value* x, size_t axis);  // removes a size-1 axis
/// [start, start + size*step) of one axis.
ir::Value* slice_axis(Ctx& c, ir::Value* x, size_t axis, const ir::SymDim& start,
                      const ir::SymDim& size, int64_t step = 1);
ir::Value* concat(Ctx& c, const std::vector<ir::Value*>& parts, size_t axis);
/// `axes` empty: all. Rank 0 is returned as it is.
ir::Value* reduce(Ctx& c, const char* operation, ir::Value* x, std::vector<int64_t> axes,
                  bool keep_dims);
ir::Value* fill(Ctx& c, double value, const ir::SymShape& shape, DataType type);
/// Of the input's own statistics, one channel of one sample at a time (normalization.cpp).
ir::Value* instance_norm(Ctx& c, const ir::Node& n);
/// x[C] seen as [1, C, 1, ...] for an input of `rank` dimensions.
ir::Value* per_channel(Ctx& c, ir::Value* x, size_t rank);

}  // namespace tenon::convert
