// SPDX-License-Identifier: Apache-2.0
// linear, matmul, mm, bmm, addmm, baddbmm and relatives. A product with a constant [K, N] matrix is
// a linear layer on its transpose, which kernels pack ahead of time.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// [K, N] -> [N, K], written when the data is asked for. Without data while probing.
ir::ConstantPtr transposed(const ir::ConstantPtr& w) {
  auto t = std::make_shared<ir::Constant>();
  t->dtype = w->dtype;
  t->shape = {w->shape[1], w->shape[0]};
  t->bytes = w->bytes;
  t->name = w->name;
  if (!w->has_data()) return t;
  t->fill = [w](void* out) {
    const auto data = w->materialise();
    const auto* in = static_cast<const char*>(data.get());
    const size_t rows = w->shape[0], columns = w->shape[1], size = size_of(w->dtype);
    for (size_t i = 0; i < rows; ++i)
      for (size_t j = 0; j < columns; ++j)
        std::copy_n(in + (i * columns + j) * size, size,
                    static_cast<char*>(out) + (j * rows + i) * size);
  };
  return t;
}

ir::Value* linear(Ctx& c, ir::Value* x, ir::Value* w, ir::Value* bias) {
  return c.net("linear", {x, w, bias});
}

bool is_matrix_constant(Ctx& c, const ir::Value* v) {
  const ir::ConstantPtr w = c.constant(v);
  return w && w->shape.size() == 2 && w->format.empty() && size_of(w->dtype) > 0;
}

/// [..., M, K] x [..., K, N]; bias [N] or null.
ir::Value* product(Ctx& c, ir::Value* a, ir::Value* b, ir::Value* bias = nullptr) {
  c.require(a->type.dtype == b->type.dtype, "operands have dtypes ", name_of(a->type.dtype),
            " and ", name_of(b->type.dtype));
  require_float(c, a);
  if (is_matrix_constant(c, b))
    return linear(c, a, c.net.graph.add_constant(transposed(c.constant(b)), b->name + "_t"), bias);
  ir::Value* y = c.net("matrix_multiply", {a, b});
  return bias ? binary(c, "sum", y, bias) : y;
}

/// torch.matmul: a vector operand counts as a row (left) or a column (right) that is dropped again.
ir::Value* matmul(Ctx& c, ir::Value* a, ir::Value* b) {
  const bool row = a->type.shape.size() == 1, column = b->type.shape.size() == 1;
  c.require(!a->type.shape.empty() && !b->type.shape.empty(), "an operand has no dimensions");
  if (row) a = unsqueeze(c, a, 0);
  if (column) b = unsqueeze(c, b, 1);
  ir::Value* y = product(c, a, b);
  if (column) y = squeeze(c, y, y->type.shape.size() - 1);
  if (row) y = squeeze(c, y, y->type.shape.size() - (column ? 1 : 2));
  return y;
}

/// beta * self + alpha * (a x b)
void add_product(Ctx& c, const ir::Node& n, const char* left, const char* right) {
  ir::Value* self = c.tensor(n, "self");
  ir::Value* a = c.tensor(n, left);
  ir::Value* b = c.tensor(n, right);
  const double beta = c.number(n, "beta", 1), alpha = c.number(n, "alpha", 1);
  const DataType t = a->type.dtype;
  const bool plain = alpha == 1 && beta == 1;
  if (plain && self->type.shape.size() == 1 && is_matrix_constant(c, b) &&
      self->type.shape[0] == b->type.shape[1]) {
    c.bind(n.output(), product(c, a, b, self));
    return;
  }
  ir::Value* y = product(c, a, b);
  if (alpha != 1) y = arithmetic(c, "prod", of(y), of(alpha), t);
  if (beta != 0) {  // with 0, infinities and NaNs of self are not carried over
    if (beta != 1) self = arithmetic(c, "prod", of(self), of(beta), t);
    y = binary(c, "sum", y, self);
  }
  c.bind(n.output(), y);
}

}  // namespace

TENON_CONVERTER("aten::linear")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "input");
  ir::Value* w = c.tensor(n, "weight");
  require_float(c, x);
  c.require(w->type.shape.size() == 2, "the weight has ", w->type.shape.size(),
            " dimensions, wanted 2");
  c.require(!x->type.shape.empty(), "the input has no dimensions");
  c.bind(n.output(), linear(c, x, w, c.tensor_or_null(n, "bias")));
}

TENON_CONVERTER("aten::matmul")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), matmul(c, c.tensor(n, "self"), c.tensor(n, "other")));
}

TENON_CONVERTER("aten::mm", "aten::bmm")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), product(c, c.tensor(n, "self"), c.tensor(n, "mat2")));
}

TENON_CONVERTER("aten::mv")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), matmul(c, c.tensor(n, "self"), c.tensor(n, "vec")));
}

TENON_CONVERTER("aten::dot")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), matmul(c, c.tensor(n, "self"), c.tensor(n, "tensor")));
}

TENON_CONVERTER("aten::outer")(Ctx& c, const ir::Node& n) {
  ir::Value* a = c.tensor(n, "self");
  ir::Value* b = c.tensor(n, "vec2");
  const DataType type = result_type({of(a), of(b)});
  const char* op = type == DataType::kBOOL ? "and" : "prod";
  a = unsqueeze(c, a, 1);
  c.bind(n.output(), binary(c, op, of(a), of(unsqueeze(c, b, 0)), type));
}

TENON_CONVERTER("aten::addmm")(Ctx& c, const ir::Node& n) { add_product(c, n, "mat1", "mat2"); }

TENON_CONVERTER("aten::baddbmm")(Ctx& c, const ir::Node& n) {
  add_product(c, n, "batch1", "batch2");
}

}  // namespace tenon::convert
