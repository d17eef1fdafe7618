// SPDX-License-Identifier: Apache-2.0
// Unary functions.
#include <cmath>
#include <limits>

#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// Functions with floating point results: integers become float32 first.
void float_unary(Ctx& c, const ir::Node& n, const char* operation) {
  c.bind(n.output(), unary(c, operation, as_float(c, c.tensor(n, "self"))));
}

/// Functions that keep the dtype and are not defined for bool.
void number_unary(Ctx& c, const ir::Node& n, const char* operation) {
  ir::Value* x = c.tensor(n, "self");
  c.require(x->type.dtype != DataType::kBOOL, n.op, " of a bool tensor");
  c.bind(n.output(), unary(c, operation, x));
}

/// Rounding functions: integers stay as they are.
void rounding(Ctx& c, const ir::Node& n, const char* operation) {
  ir::Value* x = c.tensor(n, "self");
  c.require(x->type.dtype != DataType::kBOOL, n.op, " of a bool tensor");
  c.bind(n.output(), is_float(x->type.dtype) ? unary(c, operation, x) : x);
}

/// Tests that are always false for integers.
ir::Value* test(Ctx& c, ir::Value* x, const char* operation) {
  return is_float(x->type.dtype) ? unary(c, operation, x)
                                 : fill(c, 0, x->type.shape, DataType::kBOOL);
}

/// f(x * factor), in float32 for half types.
void scaled_input(Ctx& c, const ir::Node& n, const char* operation, double factor) {
  ir::Value* x = as_float(c, c.tensor(n, "self"));
  ir::Value* y = unary(c, operation, binary(c, "prod", widen(c, x), factor));
  c.bind(n.output(), c.cast(y, x->type.dtype));
}

/// f(x) * factor, in float32 for half types.
void scaled_output(Ctx& c, const ir::Node& n, const char* operation, double factor) {
  ir::Value* x = as_float(c, c.tensor(n, "self"));
  ir::Value* y = binary(c, "prod", unary(c, operation, widen(c, x)), factor);
  c.bind(n.output(), c.cast(y, x->type.dtype));
}

/// Largest finite value.
double highest(DataType t) {
  switch (t) {
    case DataType::kHALF:
      return 65504;
    case DataType::kBF16:
      return std::ldexp(255.0, 120);
    case DataType::kDOUBLE:
      return std::numeric_limits<double>::max();
    default:
      return std::numeric_limits<float>::max();
  }
}

}  // namespace

#define TENON_UNARY(name, how, operation) \
  TENON_CONVERTER("aten::" name)(Ctx & c, const ir::Node& n) { how(c, n, operation); }

TENON_UNARY("exp", float_unary, "exp")
TENON_UNARY("expm1", float_unary, "expm1")
TENON_UNARY("log", float_unary, "log")
TENON_UNARY("log1p", float_unary, "log1p")
TENON_UNARY("sqrt", float_unary, "sqrt")
TENON_UNARY("rsqrt", float_unary, "rsqrt")
TENON_UNARY("reciprocal", float_unary, "recip")
TENON_UNARY("sin", float_unary, "sin")
TENON_UNARY("cos", float_unary, "cos")
TENON_UNARY("tan", float_unary, "tan")
TENON_UNARY("sinh", float_unary, "sinh")
TENON_UNARY("cosh", float_unary, "cosh")
TENON_UNARY("asin", float_unary, "asin")
TENON_UNARY("acos", float_unary, "acos")
TENON_UNARY("atan", float_unary, "atan")
TENON_UNARY("asinh", float_unary, "asinh")
TENON_UNARY("acosh", float_unary, "acosh")
TENON_UNARY("atanh", float_unary, "atanh")
TENON_UNARY("erf", float_unary, "erf")
TENON_UNARY("abs", number_unary, "abs")
TENON_UNARY("neg", number_unary, "neg")
TENON_UNARY("absolute", number_unary, "abs")
TENON_UNARY("negative", number_unary, "neg")
TENON_UNARY("ceil", rounding, "ceil")
TENON_UNARY("floor", rounding, "floor")
TENON_UNARY("trunc", rounding, "trunc")
TENON_UNARY("fix", rounding, "trunc")
TENON_UNARY("round", rounding, "round")
#undef TENON_UNARY

TENON_CONVERTER("aten::sign")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  c.bind(n.output(), x->type.dtype == DataType::kBOOL ? x : unary(c, "sign", x));
}

TENON_CONVERTER("aten::square")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  if (x->type.dtype == DataType::kBOOL) x = c.cast(x, DataType::kINT64);  // as pow(x, 2)
  c.bind(n.output(), binary(c, "prod", x, x));
}

TENON_CONVERTER("aten::frac")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  require_float(c, x);
  c.bind(n.output(), binary(c, "sub", x, unary(c, "trunc", x)));
}

TENON_CONVERTER("aten::exp2")(Ctx& c, const ir::Node& n) { scaled_input(c, n, "exp", M_LN2); }
TENON_CONVERTER("aten::log2")(Ctx& c, const ir::Node& n) { scaled_output(c, n, "log", M_LOG2E); }
TENON_CONVERTER("aten::log10")(Ctx& c, const ir::Node& n) { scaled_output(c, n, "log", M_LOG10E); }

TENON_CONVERTER("aten::isnan")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), test(c, c.tensor(n, "self"), "isnan"));
}
TENON_CONVERTER("aten::isinf")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), test(c, c.tensor(n, "self"), "isinf"));
}
TENON_CONVERTER("aten::isfinite")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  ir::Value* nan = test(c, x, "isnan");
  c.bind(n.output(), unary(c, "not", binary(c, "or", nan, test(c, x, "isinf"))));
}

TENON_CONVERTER("aten::nan_to_num")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  if (!is_float(x->type.dtype)) return c.bind(n.output(), x);
  const DataType type = x->type.dtype;
  ir::Value* high = c.scalar(c.number(n, "posinf", highest(type)), type);
  ir::Value* low = c.scalar(c.number(n, "neginf", -highest(type)), type);
  ir::Value* infinite = select(c, binary(c, "greater", x, 0.0), high, low);
  ir::Value* y = select(c, unary(c, "isinf", x), infinite, x);
  c.bind(n.output(), select(c, unary(c, "isnan", x), c.scalar(c.number(n, "nan", 0), type), y));
}

}  // namespace tenon::convert
