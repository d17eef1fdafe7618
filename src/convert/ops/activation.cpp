// SPDX-License-Identifier: Apache-2.0
// Activation functions.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// Activations torch defines for floats only.
ir::Value* float_self(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  require_float(c, x);
  return x;
}

void simple(Ctx& c, const ir::Node& n, const char* type, double alpha = 0, double beta = 0) {
  c.bind(n.output(), activation(c, type, float_self(c, n), alpha, beta));
}

/// scale * (x > 0 ? x : alpha * (exp(x * input_scale) - 1))
ir::Value* general_elu(Ctx& c, ir::Value* x, double alpha, double scale, double input_scale) {
  const DataType type = x->type.dtype;
  x = widen(c, x);
  ir::Value* negative = unary(c, "expm1", binary(c, "prod", x, input_scale));
  negative = binary(c, "prod", negative, alpha * scale);
  ir::Value* above = binary(c, "greater", x, 0.0);
  return c.cast(select(c, above, binary(c, "prod", x, scale), negative), type);
}

ir::Value* softplus(Ctx& c, ir::Value* x, double beta, double threshold) {
  if (beta == 1 && threshold == 20) return activation(c, "softplus", x);
  const DataType type = x->type.dtype;
  x = widen(c, x);
  ir::Value* bx = binary(c, "prod", x, beta);
  ir::Value* soft = binary(c, "div", activation(c, "softplus", bx), beta);
  return c.cast(select(c, binary(c, "greater", bx, threshold), x, soft), type);
}

}  // namespace

TENON_CONVERTER("aten::relu")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), activation(c, "relu", c.tensor(n, "self")));  // also for integers
}

TENON_CONVERTER("aten::relu6")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), activation(c, "clip", c.tensor(n, "self"), 0, 6));
}

TENON_CONVERTER("aten::hardtanh")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), activation(c, "clip", c.tensor(n, "self"), c.number(n, "min_val", -1),
                                c.number(n, "max_val", 1)));
}

TENON_CONVERTER("aten::sigmoid")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), activation(c, "sigmoid", as_float(c, c.tensor(n, "self"))));
}

TENON_CONVERTER("aten::tanh")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), activation(c, "tanh", as_float(c, c.tensor(n, "self"))));
}

TENON_CONVERTER("aten::leaky_relu")(Ctx& c, const ir::Node& n) {
  simple(c, n, "leaky_relu", c.number(n, "negative_slope", 0.01));
}

TENON_CONVERTER("aten::silu")(Ctx& c, const ir::Node& n) { simple(c, n, "silu"); }
TENON_CONVERTER("aten::mish")(Ctx& c, const ir::Node& n) { simple(c, n, "mish"); }
TENON_CONVERTER("aten::selu")(Ctx& c, const ir::Node& n) { simple(c, n, "selu"); }
TENON_CONVERTER("aten::hardswish")(Ctx& c, const ir::Node& n) { simple(c, n, "hard_swish"); }
TENON_CONVERTER("aten::hardsigmoid")(Ctx& c, const ir::Node& n) {
  simple(c, n, "hard_sigmoid", 1.0 / 6, 0.5);
}

TENON_CONVERTER("aten::gelu")(Ctx& c, const ir::Node& n) {
  const std::string how = c.string(n, "approximate", "none");
  c.require(how == "none" || how == "tanh", "gelu with approximate=\"", how, "\"");
  simple(c, n, how == "none" ? "gelu_erf" : "gelu_tanh");
}

TENON_CONVERTER("aten::elu")(Ctx& c, const ir::Node& n) {
  ir::Value* x = float_self(c, n);
  const double alpha = c.number(n, "alpha", 1), scale = c.number(n, "scale", 1);
  const double input_scale = c.number(n, "input_scale", 1);
  c.bind(n.output(), scale == 1 && input_scale == 1 ? activation(c, "elu", x, alpha)
                                                    : general_elu(c, x, alpha, scale, input_scale));
}

TENON_CONVERTER("aten::celu")(Ctx& c, const ir::Node& n) {
  const double alpha = c.number(n, "alpha", 1);
  c.require(alpha != 0, "celu with alpha=0");
  c.bind(n.output(), general_elu(c, float_self(c, n), alpha, 1, 1 / alpha));
}

TENON_CONVERTER("aten::softplus")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(),
         softplus(c, float_self(c, n), c.number(n, "beta", 1), c.number(n, "threshold", 20)));
}

TENON_CONVERTER("aten::log_sigmoid")(Ctx& c, const ir::Node& n) {
  ir::Value* x = float_self(c, n);
  // min(x, 0) - log1p(exp(-|x|)): exact for large negative x, where softplus has a threshold.
  ir::Value* tail = unary(c, "log1p", unary(c, "exp", unary(c, "neg", unary(c, "abs", x))));
  c.bind(n.output(), binary(c, "sub", binary(c, "min", x, 0.0), tail));
}

TENON_CONVERTER("aten::prelu")(Ctx& c, const ir::Node& n) {
  ir::Value* x = float_self(c, n);
  ir::Value* w = c.tensor(n, "weight");
  const size_t rank = x->type.shape.size();
  // One slope for all, or one per channel (dimension 1).
  if (w->type.shape.size() == 1)
    w = w->type.shape[0] == ir::SymDim(1) ? reshape(c, w, {}) : per_channel(c, w, rank);
  ir::Value* above = binary(c, "greater", x, 0.0);
  c.bind(n.output(), select(c, above, x, binary(c, "prod", x, w)));
}

TENON_CONVERTER("aten::glu")(Ctx& c, const ir::Node& n) {
  ir::Value* x = float_self(c, n);
  const auto axis =
      static_cast<size_t>(net::wrap_axis(c.integer(n, "dim", -1), x->type.shape.size()));
  const ir::SymDim half = x->type.shape.at(axis).floordiv(2);
  ir::Value* gate = activation(c, "sigmoid", slice_axis(c, x, axis, half, half));
  c.bind(n.output(), binary(c, "prod", slice_axis(c, x, axis, 0, half), gate));
}

TENON_CONVERTER("aten::threshold")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  ir::Value* value = c.scalar(c.number(n, "value"), x->type.dtype);
  // x <= threshold gives the value, so that a NaN stays.
  c.bind(n.output(), select(c, binary(c, "less_equal", x, c.number(n, "threshold")), value, x));
}

TENON_CONVERTER("aten::hardshrink")(Ctx& c, const ir::Node& n) {
  ir::Value* x = float_self(c, n);
  ir::Value* inside = binary(c, "less_equal", unary(c, "abs", x), c.number(n, "lambd", 0.5));
  c.bind(n.output(), select(c, inside, c.scalar(0, x->type.dtype), x));
}

TENON_CONVERTER("aten::softshrink")(Ctx& c, const ir::Node& n) {
  ir::Value* x = float_self(c, n);
  const double lambda = c.number(n, "lambd", 0.5);
  // x - clip(x, -lambda, lambda) is x -/+ lambda outside and 0 inside.
  c.bind(n.output(), binary(c, "sub", x, activation(c, "clip", x, -lambda, lambda)));
}

}  // namespace tenon::convert
