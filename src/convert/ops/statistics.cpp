// SPDX-License-Identifier: Apache-2.0
// var, std, var_mean, std_mean and vector norms, calculated in float32 for half types.
#include <cmath>

#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// torch's three spellings: correction=, unbiased=, neither (1).
double correction(Ctx& c, const ir::Node& n) {
  if (c.has(n, "correction")) return c.number(n, "correction");
  return c.boolean(n, "unbiased", true) ? 1 : 0;
}

ir::SymDim count_of(const ir::Value* x, const std::vector<int64_t>& axes) {
  if (axes.empty()) return ir::volume(x->type.shape);
  ir::SymDim count = 1;
  for (int64_t a : axes) count = count * x->type.shape[static_cast<size_t>(a)];
  return count;
}

/// The sum of squares over max(0, count - correction), as torch: 0/0 is NaN, not an error.
ir::Value* divided(Ctx& c, ir::Value* squares, const ir::SymDim& count, double correction) {
  const DataType t = squares->type.dtype;
  if (count.is_const())
    return binary(c, "div", squares,
                  std::max(0.0, static_cast<double>(count.value()) - correction));
  ir::Value* divisor = value_of(c, Operand{nullptr, count}, t);
  return binary(c, "div", squares, binary(c, "max", binary(c, "sub", divisor, correction), 0.0));
}

struct Spread {
  ir::Value *var, *mean;
};

Spread spread(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  require_float(c, x);
  c.require(!x->type.shape.empty(), n.op, " of a tensor without dimensions");
  x = widen(c, x);
  const std::vector<int64_t> axes = c.axes(n, "dim", x->type.shape.size());
  const bool keep = c.boolean(n, "keepdim", false);
  ir::Value* d = binary(c, "sub", x, reduce(c, "avg", x, axes, true));
  ir::Value* squares = reduce(c, "sum", binary(c, "prod", d, d), axes, keep);
  return {divided(c, squares, count_of(x, axes), correction(c, n)),
          n.outputs().size() > 1 ? reduce(c, "avg", x, axes, keep) : nullptr};
}

void bind_spread(Ctx& c, const ir::Node& n, bool root) {
  const DataType type = c.tensor(n, "self")->type.dtype;
  const Spread s = spread(c, n);
  ir::Value* first = root ? unary(c, "sqrt", s.var) : s.var;
  c.bind_all(n, {c.cast(first, type), s.mean ? c.cast(s.mean, type) : nullptr});
}

ir::Value* norm(Ctx& c, ir::Value* x, double p, const std::vector<int64_t>& axes, bool keep) {
  if (p == 2) return unary(c, "sqrt", reduce(c, "sum", binary(c, "prod", x, x), axes, keep));
  if (p == 0) {
    ir::Value* nonzero = c.cast(binary(c, "not_equal", x, 0.0), x->type.dtype);
    return reduce(c, "sum", nonzero, axes, keep);
  }
  ir::Value* a = unary(c, "abs", x);
  if (std::isinf(p)) return reduce(c, p > 0 ? "max" : "min", a, axes, keep);
  if (p == 1) return reduce(c, "sum", a, axes, keep);
  return binary(c, "pow", reduce(c, "sum", binary(c, "pow", a, p), axes, keep), 1 / p);
}

void bind_norm(Ctx& c, const ir::Node& n, double p) {
  ir::Value* x = c.tensor(n, "self");
  if (const auto type = c.dtype(n, "dtype")) x = c.cast(x, *type);
  require_float(c, x);
  const DataType type = x->type.dtype;
  const std::vector<int64_t> axes = c.axes(n, "dim", x->type.shape.size());
  c.bind(n.output(), c.cast(norm(c, widen(c, x), p, axes, c.boolean(n, "keepdim", false)), type));
}

}  // namespace

TENON_CONVERTER("aten::var", "aten::var.dim", "aten::var.correction", "aten::var_mean",
                "aten::var_mean.dim", "aten::var_mean.correction")
(Ctx& c, const ir::Node& n) { bind_spread(c, n, false); }
TENON_CONVERTER("aten::std", "aten::std.dim", "aten::std.correction", "aten::std_mean",
                "aten::std_mean.dim", "aten::std_mean.correction")
(Ctx& c, const ir::Node& n) { bind_spread(c, n, true); }

TENON_CONVERTER("aten::norm.Scalar", "aten::norm.ScalarOpt_dim", "aten::norm.ScalarOpt_dtype",
                "aten::norm.ScalarOpt_dim_dtype")
(Ctx& c, const ir::Node& n) { bind_norm(c, n, c.number(n, "p", 2)); }
TENON_CONVERTER("aten::linalg_vector_norm")(Ctx& c, const ir::Node& n) {
  bind_norm(c, n, c.number(n, "ord", 2));
}
TENON_CONVERTER("aten::linalg_norm")(Ctx& c, const ir::Node& n) {
  // Without an order the elements count as one vector; with one, two dimensions are a matrix.
  const size_t rank = c.tensor(n, "self")->type.shape.size();
  const bool vector = c.ints(n, "dim").size() == 1 || (!c.has(n, "dim") && rank == 1);
  c.require(vector || !c.has(n, "ord"), "linalg_norm of a matrix with ord");
  bind_norm(c, n, c.number(n, "ord", 2));
}
TENON_CONVERTER("aten::cosine_similarity")(Ctx& c, const ir::Node& n) {
  ir::Value *a = c.tensor(n, "x1"), *b = c.tensor(n, "x2");
  const DataType type = result_type({of(a), of(b)});
  c.require(is_float(type), "cosine_similarity of dtype ", name_of(type));
  a = widen(c, c.cast(a, type));
  b = widen(c, c.cast(b, type));
  const ir::SymShape shape = net::broadcast(a->type.shape, b->type.shape);
  const std::vector<int64_t> axes = {net::wrap_axis(c.integer(n, "dim", 1), shape.size())};
  a = expand(c, a, shape);
  b = expand(c, b, shape);
  const double eps = c.number(n, "eps", 1e-8);
  const auto length = [&](ir::Value* x) {
    return binary(c, "max", norm(c, x, 2, axes, false), eps);
  };
  ir::Value* dot = reduce(c, "sum", binary(c, "prod", a, b), axes, false);
  ir::Value* first = length(a);
  ir::Value* y = binary(c, "div", dot, binary(c, "prod", first, length(b)));
  c.bind(n.output(), c.cast(y, type));
}
TENON_CONVERTER("aten::frobenius_norm.dim")(Ctx& c, const ir::Node& n) { bind_norm(c, n, 2); }

}  // namespace tenon::convert
