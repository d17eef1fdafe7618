// SPDX-License-Identifier: Apache-2.0
// Comparisons, logical and bitwise functions, where, masked_fill, clamp.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

void compare(Ctx& c, const ir::Node& n, const char* operation) {
  const Operand a = required_operand(c, n, "self"), b = required_operand(c, n, "other");
  const DataType type = result_type({a, b});
  c.bind(n.output(), binary(c, operation, a, b, type));
}

void logical(Ctx& c, const ir::Node& n, const char* operation) {
  ir::Value* a = c.cast(c.tensor(n, "self"), DataType::kBOOL);
  ir::Value* b = c.cast(c.tensor(n, "other"), DataType::kBOOL);
  c.bind(n.output(), binary(c, operation, a, b));
}

void bitwise(Ctx& c, const ir::Node& n, const char* operation) {
  const Operand a = required_operand(c, n, "self"), b = required_operand(c, n, "other");
  const DataType type = result_type({a, b});
  c.require(!is_float(type), n.op, " of dtype ", name_of(type));
  c.bind(n.output(), binary(c, operation, a, b, type));
}

/// max(x, low) then min(.., high); either may be absent.
void clamp(Ctx& c, const ir::Node& n, const Operand& low, const Operand& high) {
  const Operand x = of(c.tensor(n, "self"));
  c.require(low.present() || high.present(), "clamp without min and max");
  const DataType type = result_type({x, low, high});
  c.require(type != DataType::kBOOL, "clamp of a bool tensor");
  ir::Value* y = value_of(c, x, type);
  const auto fixed_low = fixed_number(low), fixed_high = fixed_number(high);
  if (fixed_low && fixed_high && is_float(type)) {
    y = activation(c, "clip", y, *fixed_low, *fixed_high);
  } else {
    if (low.present()) y = binary(c, "max", y, value_of(c, low, type));
    if (high.present()) y = binary(c, "min", y, value_of(c, high, type));
  }
  c.bind(n.output(), y);
}

}  // namespace

#define TENON_COMPARISON(name, operation)                           \
  TENON_CONVERTER("aten::" name ".Tensor", "aten::" name ".Scalar") \
  (Ctx & c, const ir::Node& n) { compare(c, n, operation); }

TENON_COMPARISON("eq", "equal")
TENON_COMPARISON("ne", "not_equal")
TENON_COMPARISON("gt", "greater")
TENON_COMPARISON("lt", "less")
TENON_COMPARISON("ge", "greater_equal")
TENON_COMPARISON("le", "less_equal")
TENON_COMPARISON("not_equal", "not_equal")
TENON_COMPARISON("greater", "greater")
TENON_COMPARISON("less", "less")
TENON_COMPARISON("greater_equal", "greater_equal")
TENON_COMPARISON("less_equal", "less_equal")
#undef TENON_COMPARISON

TENON_CONVERTER("aten::logical_and")(Ctx& c, const ir::Node& n) { logical(c, n, "and"); }
TENON_CONVERTER("aten::logical_or")(Ctx& c, const ir::Node& n) { logical(c, n, "or"); }
TENON_CONVERTER("aten::logical_xor")(Ctx& c, const ir::Node& n) { logical(c, n, "xor"); }
TENON_CONVERTER("aten::logical_not")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), unary(c, "not", c.cast(c.tensor(n, "self"), DataType::kBOOL)));
}

TENON_CONVERTER("aten::bitwise_and.Tensor", "aten::bitwise_and.Scalar", "aten::__and__.Tensor",
                "aten::__and__.Scalar")
(Ctx& c, const ir::Node& n) { bitwise(c, n, "and"); }
TENON_CONVERTER("aten::bitwise_or.Tensor", "aten::bitwise_or.Scalar", "aten::__or__.Tensor",
                "aten::__or__.Scalar")
(Ctx& c, const ir::Node& n) { bitwise(c, n, "or"); }
TENON_CONVERTER("aten::bitwise_xor.Tensor", "aten::bitwise_xor.Scalar", "aten::__xor__.Tensor",
                "aten::__xor__.Scalar")
(Ctx& c, const ir::Node& n) { bitwise(c, n, "xor"); }

TENON_CONVERTER("aten::bitwise_not")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const DataType type = x->type.dtype;
  c.require(!is_float(type), "bitwise_not of dtype ", name_of(type));
  // ~x is -1 - x in two's complement, 255 - x for uint8.
  const double ones = type == DataType::kUINT8 ? 255 : -1;
  c.bind(n.output(),
         type == DataType::kBOOL ? unary(c, "not", x) : binary(c, "sub", c.scalar(ones, type), x));
}

TENON_CONVERTER("aten::where.self", "aten::where.ScalarOther", "aten::where.ScalarSelf",
                "aten::where.Scalar")
(Ctx& c, const ir::Node& n) {
  ir::Value* condition = c.tensor(n, "condition");
  const Operand a = required_operand(c, n, "self"), b = required_operand(c, n, "other");
  const DataType type = result_type({a, b});
  ir::Value* then_value = value_of(c, a, type);
  c.bind(n.output(), select(c, condition, then_value, value_of(c, b, type)));
}

TENON_CONVERTER("aten::where")(Ctx& c, const ir::Node& n) {
  c.no("where(condition) has a result whose size depends on values");
}

TENON_CONVERTER("aten::masked_fill.Scalar", "aten::masked_fill.Tensor")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const Operand value = required_operand(c, n, "value");
  c.bind(n.output(), select(c, c.tensor(n, "mask"), value_of(c, value, x->type.dtype), x));
}

TENON_CONVERTER("aten::clamp", "aten::clamp.Tensor", "aten::clip", "aten::clip.Tensor")
(Ctx& c, const ir::Node& n) { clamp(c, n, operand(c, n, "min"), operand(c, n, "max")); }
TENON_CONVERTER("aten::clamp_min", "aten::clamp_min.Tensor")(Ctx& c, const ir::Node& n) {
  clamp(c, n, required_operand(c, n, "min"), {});
}
TENON_CONVERTER("aten::clamp_max", "aten::clamp_max.Tensor")(Ctx& c, const ir::Node& n) {
  clamp(c, n, {}, required_operand(c, n, "max"));
}

}  // namespace tenon::convert
