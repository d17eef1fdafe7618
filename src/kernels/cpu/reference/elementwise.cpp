// SPDX-License-Identifier: Apache-2.0
// activation, unary and elementwise: one scalar op at every position.
#include "kernels/cpu/reference/reference.h"
#include "kernels/cpu/reference/scalar_ops.h"

namespace tenon::kernels::reference {

namespace {

std::string op_name(const Problem& p) {
  const bool activation = p.layer->op == "activation";
  return attr_str(p, activation ? "type" : "operation",
                  activation               ? "relu"
                  : p.layer->op == "unary" ? "exp"
                                           : "sum");
}

Support supports(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  const std::string name = op_name(p);
  const ScalarOp* op = find_scalar_op(name);
  const DataType t = p.in[0].dtype;
  const bool binary = p.layer->op == "elementwise";
  const bool defined = op && (binary ? (is_float(t) ? op->float2 != nullptr : op->int2 != nullptr)
                                     : (is_float(t) ? op->float1 != nullptr : op->int1 != nullptr));
  if (!defined) return Support::no("\"" + name + "\" is not defined for " + name_of(t));
  if (binary && p.in[1].dtype != t) return Support::no("the operands' dtypes differ");
  return Support::yes();
}

Run prepare_unary(const Problem& p) {
  const ScalarOp op = *find_scalar_op(op_name(p));
  const double alpha = attr_float(p, "alpha", 0), beta = attr_float(p, "beta", 0);
  return [op, alpha, beta, x = p.in[0], y = p.out[0]](const Call& call) {
    const std::vector<Shape> strides{x.strides(), y.strides()};
    for_positions(y.shape, strides, [&](const Walker& w) {
      if (is_float(x.dtype)) {
        const double v = load_double(x.dtype, call.in[0], w.offset(0));
        store_double(y.dtype, call.out[0], w.offset(1), op.float1(v, alpha, beta));
      } else {
        const int64_t v = load_int(x.dtype, call.in[0], w.offset(0));
        store_int(y.dtype, call.out[0], w.offset(1), op.int1(v));
      }
    });
  };
}

// clip and leaky_relu have bounds that may be fractions: integers take them through double.
Support supports_activation(const Problem& p) {
  const std::string name = op_name(p);
  if (name == "clip" && is_integer(p.in[0].dtype)) return any_dtype(p);
  return supports(p);
}

Run prepare_activation(const Problem& p) {
  if (op_name(p) != "clip" || !is_integer(p.in[0].dtype)) return prepare_unary(p);
  const int64_t low = static_cast<int64_t>(attr_float(p, "alpha", 0));
  const int64_t high = static_cast<int64_t>(attr_float(p, "beta", 0));
  return [low, high, x = p.in[0], y = p.out[0]](const Call& call) {
    for_positions(y.shape, {x.strides(), y.strides()}, [&](const Walker& w) {
      const int64_t v = load_int(x.dtype, call.in[0], w.offset(0));
      store_int(y.dtype, call.out[0], w.offset(1), std::min(std::max(v, low), high));
    });
  };
}

Run prepare_binary(const Problem& p) {
  const ScalarOp op = *find_scalar_op(op_name(p));
  return [op, a = p.in[0], b = p.in[1], y = p.out[0]](const Call& call) {
    const DataType t = a.dtype;
    const std::vector<Shape> strides{broadcast_strides(a, y.shape), broadcast_strides(b, y.shape),
                                     y.strides()};
    for_positions(y.shape, strides, [&](const Walker& w) {
      if (is_float(t)) {
        const double u = load_double(t, call.in[0], w.offset(0));
        const double v = load_double(t, call.in[1], w.offset(1));
        store_double(y.dtype, call.out[0], w.offset(2), apply(op, t, u, v));
      } else {
        const int64_t u = load_int(t, call.in[0], w.offset(0));
        const int64_t v = load_int(t, call.in[1], w.offset(1));
        store_int(y.dtype, call.out[0], w.offset(2), op.int2(u, v));
      }
    });
  };
}

const RegisterReference kActivation{"activation", supports_activation, prepare_activation};
const RegisterReference kUnary{"unary", supports, prepare_unary};
const RegisterReference kElementWise{"elementwise", supports, prepare_binary};

}  // namespace

}  // namespace tenon::kernels::reference
