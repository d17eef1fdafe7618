// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/scalar_ops.h"

#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"

namespace tenon::kernels::reference {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// ---- integers: two's complement, so overflow goes through unsigned

uint64_t u(int64_t v) { return static_cast<uint64_t>(v); }
int64_t s(uint64_t v) { return static_cast<int64_t>(v); }

int64_t trunc_div(int64_t a, int64_t b) {
  TENON_CHECK(b != 0, "integer division by zero");
  return b == -1 ? s(-u(a)) : a / b;
}
int64_t c_remainder(int64_t a, int64_t b) {
  TENON_CHECK(b != 0, "integer remainder of a division by zero");
  return b == -1 ? 0 : a % b;
}
int64_t python_mod(int64_t a, int64_t b) {
  const int64_t r = c_remainder(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
int64_t floor_div(int64_t a, int64_t b) {
  const int64_t q = trunc_div(a, b);
  return b != -1 && a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
// A negative exponent gives the truncated quotient: 0 unless the base is 1 or -1.
int64_t int_pow(int64_t base, int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  uint64_t result = 1, square = u(base);
  for (; exponent; exponent >>= 1, square *= square) {
    if (exponent & 1) result *= square;
  }
  return s(result);
}

// ---- floats

double float_mod(double a, double b) {
  const double r = std::fmod(a, b);
  return r != 0 && (b < 0) != (r < 0) ? r + b : r;
}
// The quotient that belongs to float_mod's remainder, so a/b just below an integer is not rounded
// up.
double float_floor_div(double a, double b) {
  if (b == 0) return a / b;
  const double r = std::fmod(a, b);
  double q = (a - r) / b;
  if (r != 0 && (b < 0) != (r < 0)) q -= 1;
  if (q == 0) return std::copysign(0.0, a / b);
  const double floored = std::floor(q);
  return q - floored > 0.5 ? floored + 1 : floored;
}
double max_nan(double a, double b) { return std::isnan(a) || std::isnan(b) ? kNaN : a > b ? a : b; }
double min_nan(double a, double b) { return std::isnan(a) || std::isnan(b) ? kNaN : a < b ? a : b; }
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
double clamp(double x, double low, double high) { return min_nan(max_nan(x, low), high); }
double gelu_erf(double x) { return x * 0.5 * (1 + std::erf(x * M_SQRT1_2)); }
double gelu_tanh(double x) {
  const double inner = M_2_SQRTPI * M_SQRT1_2 * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1 + std::tanh(inner));
}

constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kSeluScale = 1.0507009873554804934193349852946;

using Table = std::map<std::string, ScalarOp>;

// x, alpha and beta are in scope of an expression.
#define FLOAT1(name, expression)                               \
  t[name].float1 = [](double x, [[maybe_unused]] double alpha, \
                      [[maybe_unused]] double beta) -> double { return expression; }
#define FLOAT2(name, expression) \
  t[name].float2 = [](double a, double b) -> double { return expression; }
#define INT1(name, expression) \
  t[name].int1 = []([[maybe_unused]] int64_t x) -> int64_t { return expression; }
#define INT2(name, expression) \
  t[name].int2 = [](int64_t a, int64_t b) -> int64_t { return expression; }

void add_activations(Table& t) {
  FLOAT1("relu", std::isnan(x) || x > 0 ? x : 0.0);
  INT1("relu", x > 0 ? x : 0);
  FLOAT1("sigmoid", 1 / (1 + std::exp(-x)));
  FLOAT1("tanh", std::tanh(x));
  FLOAT1("leaky_relu", x < 0 ? alpha * x : x);
  FLOAT1("elu", x < 0 ? alpha * std::expm1(x) : x);
  FLOAT1("selu", kSeluScale * (x < 0 ? kSeluAlpha * std::expm1(x) : x));
  FLOAT1("softsign", x / (1 + std::abs(x)));
  FLOAT1("softplus", softplus(x));
  FLOAT1("clip", clamp(x, alpha, beta));
  FLOAT1("hard_sigmoid", clamp(alpha * x + beta, 0, 1));
  FLOAT1("scaled_tanh", alpha * std::tanh(beta * x));
  FLOAT1("thresholded_relu", x <= alpha ? 0.0 : x);
  FLOAT1("gelu_erf", gelu_erf(x));
  FLOAT1("gelu_tanh", gelu_tanh(x));
  FLOAT1("silu", x / (1 + std::exp(-x)));
  FLOAT1("hard_swish", x * clamp(x + 3, 0, 6) / 6);
  FLOAT1("mish", x * std::tanh(softplus(x)));
}

void add_unary(Table& t) {
  FLOAT1("exp", std::exp(x));
  FLOAT1("log", std::log(x));
  FLOAT1("sqrt", std::sqrt(x));
  FLOAT1("recip", 1 / x);
  FLOAT1("abs", std::abs(x));
  INT1("abs", x < 0 ? s(-u(x)) : x);
  FLOAT1("neg", -x);
  INT1("neg", s(-u(x)));
  FLOAT1("sin", std::sin(x));
  FLOAT1("cos", std::cos(x));
  FLOAT1("tan", std::tan(x));
  FLOAT1("sinh", std::sinh(x));
  FLOAT1("cosh", std::cosh(x));
  FLOAT1("asin", std::asin(x));
  FLOAT1("acos", std::acos(x));
  FLOAT1("atan", std::atan(x));
  FLOAT1("asinh", std::asinh(x));
  FLOAT1("acosh", std::acosh(x));
  FLOAT1("atanh", std::atanh(x));
  FLOAT1("ceil", std::ceil(x));
  FLOAT1("floor", std::floor(x));
  FLOAT1("trunc", std::trunc(x));
  FLOAT1("round", std::nearbyint(x));  // ties to even in the default rounding mode
  for (const char* name : {"ceil", "floor", "trunc", "round"}) INT1(name, x);
  FLOAT1("erf", std::erf(x));
  FLOAT1("sign", static_cast<double>((x > 0) - (x < 0)));
  INT1("sign", (x > 0) - (x < 0));
  FLOAT1("rsqrt", 1 / std::sqrt(x));
  FLOAT1("expm1", std::expm1(x));
  FLOAT1("log1p", std::log1p(x));
  FLOAT1("not", x == 0);
  INT1("not", x == 0);
  FLOAT1("isinf", std::isinf(x));
  INT1("isinf", 0);
  FLOAT1("isnan", std::isnan(x));
  INT1("isnan", 0);
  for (const char* name : {"not", "isinf", "isnan"}) t[name].to_bool = true;
}

void add_binary(Table& t) {
  FLOAT2("sum", a + b);
  INT2("sum", s(u(a) + u(b)));
  FLOAT2("sub", a - b);
  INT2("sub", s(u(a) - u(b)));
  FLOAT2("prod", a * b);
  INT2("prod", s(u(a) * u(b)));
  FLOAT2("max", max_nan(a, b));
  INT2("max", a > b ? a : b);
  FLOAT2("min", min_nan(a, b));
  INT2("min", a < b ? a : b);
  FLOAT2("div", a / b);
  INT2("div", trunc_div(a, b));
  FLOAT2("pow", std::pow(a, b));
  INT2("pow", int_pow(a, b));
  FLOAT2("floor_div", float_floor_div(a, b));
  INT2("floor_div", floor_div(a, b));
  FLOAT2("trunc_div", std::trunc(a / b));
  t["trunc_div"].narrow2 = [](double a, double b) -> double {
    return std::trunc(static_cast<float>(a / b));
  };
  INT2("trunc_div", trunc_div(a, b));
  FLOAT2("mod", float_mod(a, b));
  INT2("mod", python_mod(a, b));
  FLOAT2("fmod", std::fmod(a, b));
  INT2("fmod", c_remainder(a, b));
  FLOAT2("atan2", std::atan2(a, b));
  INT2("and", a & b);  // on bool (0 or 1) this is the logical one
  INT2("or", a | b);
  INT2("xor", a ^ b);
}

void add_comparisons(Table& t) {
  FLOAT2("equal", a == b);
  INT2("equal", a == b);
  FLOAT2("not_equal", a != b);
  INT2("not_equal", a != b);
  FLOAT2("greater", a > b);
  INT2("greater", a > b);
  FLOAT2("less", a < b);
  INT2("less", a < b);
  FLOAT2("greater_equal", a >= b);
  INT2("greater_equal", a >= b);
  FLOAT2("less_equal", a <= b);
  INT2("less_equal", a <= b);
  for (const char* name :
       {"equal", "not_equal", "greater", "less", "greater_equal", "less_equal"}) {
    t[name].to_bool = true;
  }
}

Table make_table() {
  Table t;
  add_activations(t);
  add_unary(t);
  add_binary(t);
  add_comparisons(t);
  return t;
}

}  // namespace

const ScalarOp* find_scalar_op(const std::string& name) {
  static const Table table = make_table();
  auto it = table.find(name);
  return it == table.end() ? nullptr : &it->second;
}

const ScalarOp* find_activation(const std::string& name) {
  if (name.empty()) return nullptr;
  const ScalarOp* op = find_scalar_op(name);
  TENON_CHECK(op && op->float1, "no activation is called \"", name, "\"");
  return op;
}

}  // namespace tenon::kernels::reference
