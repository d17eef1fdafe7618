// SPDX-License-Identifier: Apache-2.0
// Binary arithmetic with torch's type promotion.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

Operand self(Ctx& c, const ir::Node& n) { return required_operand(c, n, "self"); }
Operand other(Ctx& c, const ir::Node& n) { return required_operand(c, n, "other"); }

/// alpha * o
Operand scaled(Ctx& c, const ir::Node& n, const Operand& o, DataType type) {
  const double alpha = c.number(n, "alpha", 1);
  if (alpha == 1) return o;
  if (const auto number = fixed_number(o)) return of(*number * alpha);
  return of(arithmetic(c, "prod", o, of(alpha), type));
}

void sum(Ctx& c, const ir::Node& n, const Operand& a, const Operand& b, bool minus) {
  const DataType type = result_type({a, b});
  const bool logical = type == DataType::kBOOL;
  c.require(!logical || !minus, "subtraction of bool tensors");
  const char* op = minus ? "sub" : logical ? "or" : "sum";
  c.bind(n.output(), arithmetic(c, op, a, scaled(c, n, b, type), type));
}

/// The floating point type of a true division.
DataType quotient_type(const Operand& a, const Operand& b) {
  const DataType t = result_type({a, b});
  return is_float(t) ? t : DataType::kFLOAT;
}

ir::Value* quotient(Ctx& c, const Operand& a, const Operand& b, const std::string& rounding) {
  if (rounding.empty()) return arithmetic(c, "div", a, b, quotient_type(a, b));
  const DataType type = result_type({a, b});
  c.require(type != DataType::kBOOL, "integer division of bool tensors");
  c.require(rounding == "floor" || rounding == "trunc", "rounding_mode=\"", rounding, "\"");
  if (rounding == "floor") return arithmetic(c, "floor_div", a, b, type);
  if (!is_float(type)) return arithmetic(c, "trunc_div", a, b, type);
  return unary(c, "trunc", arithmetic(c, "div", a, b, type));
}

void number_op(Ctx& c, const ir::Node& n, const char* operation, const Operand& a,
               const Operand& b) {
  const DataType type = result_type({a, b});
  c.require(type != DataType::kBOOL, n.op, " of bool tensors");
  c.bind(n.output(), arithmetic(c, operation, a, b, type));
}

/// Exponents that torch spells as other functions, so that results agree; null: none of them.
ir::Value* special_power(Ctx& c, ir::Value* x, double e) {
  if (e == 1) return x;
  if (e == 2) return binary(c, "prod", x, x);
  if (e == 3) return binary(c, "prod", binary(c, "prod", x, x), x);
  if (!is_float(x->type.dtype)) return nullptr;
  if (e == 0.5) return unary(c, "sqrt", x);
  if (e == -0.5) return unary(c, "rsqrt", x);
  if (e == -1) return unary(c, "recip", x);
  if (e == -2) return unary(c, "recip", binary(c, "prod", x, x));
  return nullptr;
}

void extremum(Ctx& c, const ir::Node& n, bool maximum) {
  const Operand a = self(c, n), b = other(c, n);
  const DataType type = result_type({a, b});
  const bool logical = type == DataType::kBOOL;
  const char* op = maximum ? (logical ? "or" : "max") : (logical ? "and" : "min");
  c.bind(n.output(), binary(c, op, a, b, type));
}

}  // namespace

TENON_CONVERTER("aten::add.Tensor", "aten::add.Scalar")(Ctx& c, const ir::Node& n) {
  sum(c, n, self(c, n), other(c, n), false);
}

TENON_CONVERTER("aten::sub.Tensor", "aten::sub.Scalar", "aten::subtract.Tensor",
                "aten::subtract.Scalar")
(Ctx& c, const ir::Node& n) { sum(c, n, self(c, n), other(c, n), true); }

TENON_CONVERTER("aten::rsub.Tensor", "aten::rsub.Scalar")(Ctx& c, const ir::Node& n) {
  sum(c, n, other(c, n), self(c, n), true);
}

TENON_CONVERTER("aten::mul.Tensor", "aten::mul.Scalar", "aten::multiply.Tensor",
                "aten::multiply.Scalar")
(Ctx& c, const ir::Node& n) {
  const Operand a = self(c, n), b = other(c, n);
  const DataType type = result_type({a, b});
  c.bind(n.output(), arithmetic(c, type == DataType::kBOOL ? "and" : "prod", a, b, type));
}

TENON_CONVERTER("aten::div.Tensor", "aten::div.Scalar", "aten::div.Tensor_mode",
                "aten::div.Scalar_mode", "aten::true_divide.Tensor", "aten::true_divide.Scalar",
                "aten::divide.Tensor", "aten::divide.Scalar")
(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), quotient(c, self(c, n), other(c, n), c.string(n, "rounding_mode", "")));
}

TENON_CONVERTER("aten::floor_divide", "aten::floor_divide.Scalar")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), quotient(c, self(c, n), other(c, n), "floor"));
}

TENON_CONVERTER("aten::remainder.Tensor", "aten::remainder.Scalar", "aten::remainder.Scalar_Tensor")
(Ctx& c, const ir::Node& n) { number_op(c, n, "mod", self(c, n), other(c, n)); }

TENON_CONVERTER("aten::fmod.Tensor", "aten::fmod.Scalar")(Ctx& c, const ir::Node& n) {
  number_op(c, n, "fmod", self(c, n), other(c, n));
}

TENON_CONVERTER("aten::atan2")(Ctx& c, const ir::Node& n) {
  const Operand a = self(c, n), b = other(c, n);
  c.bind(n.output(), arithmetic(c, "atan2", a, b, quotient_type(a, b)));
}

TENON_CONVERTER("aten::maximum", "aten::max.other")(Ctx& c, const ir::Node& n) {
  extremum(c, n, true);
}
TENON_CONVERTER("aten::minimum", "aten::min.other")(Ctx& c, const ir::Node& n) {
  extremum(c, n, false);
}

TENON_CONVERTER("aten::pow.Tensor_Scalar", "aten::pow.Tensor_Tensor", "aten::pow.Scalar")
(Ctx& c, const ir::Node& n) {
  const Operand base = self(c, n), exponent = required_operand(c, n, "exponent");
  const DataType type = result_type({base, exponent});
  c.require(type != DataType::kBOOL, "pow of bool tensors");
  const auto fixed = fixed_number(exponent);
  if (fixed && base.tensor) {
    if (ir::Value* y = special_power(c, c.cast(base.tensor, type), *fixed)) {
      c.bind(n.output(), y);
      return;
    }
  }
  c.bind(n.output(), arithmetic(c, "pow", base, exponent, type));
}

TENON_CONVERTER("aten::addcmul")(Ctx& c, const ir::Node& n) {
  const Operand x = self(c, n), a = required_operand(c, n, "tensor1"),
                b = required_operand(c, n, "tensor2");
  const DataType type = result_type({x, a, b});
  ir::Value* y = arithmetic(c, "prod", a, b, type);
  const double value = c.number(n, "value", 1);
  if (value != 1) y = arithmetic(c, "prod", of(y), of(value), type);
  c.bind(n.output(), arithmetic(c, "sum", x, of(y), type));
}

TENON_CONVERTER("aten::addcdiv")(Ctx& c, const ir::Node& n) {
  const Operand x = self(c, n), a = required_operand(c, n, "tensor1"),
                b = required_operand(c, n, "tensor2");
  const DataType type = result_type({x, a, b});
  c.require(is_float(type), "addcdiv of integer tensors");
  ir::Value* y = arithmetic(c, "div", a, b, type);
  const double value = c.number(n, "value", 1);
  if (value != 1) y = arithmetic(c, "prod", of(y), of(value), type);
  c.bind(n.output(), arithmetic(c, "sum", x, of(y), type));
}

TENON_CONVERTER("aten::lerp.Scalar", "aten::lerp.Tensor")(Ctx& c, const ir::Node& n) {
  ir::Value* a = c.tensor(n, "self");
  ir::Value* b = c.tensor(n, "end");
  require_float(c, a);
  ir::Value* step = arithmetic(c, "prod", of(binary(c, "sub", b, a)),
                               required_operand(c, n, "weight"), a->type.dtype);
  c.bind(n.output(), binary(c, "sum", a, step));
}

}  // namespace tenon::convert
