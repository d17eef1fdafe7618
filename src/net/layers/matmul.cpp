// SPDX-License-Identifier: Apache-2.0
#include "net/rules.h"

namespace tenon::net {

TENON_SHAPE_RULE("linear") {
  want_float(n);
  want_rank(n, 0, 1, Dims::MAX_DIMS);
  want_dtype(n, 1, in_type(n).dtype);
  want_rank(n, 1, 2, 2);
  const ir::SymDim& depth = in_shape(n).back();
  TENON_CHECK(depth == in_shape(n, 1)[1], n.op, ": input ", str(in_type(n)), " has ", depth.str(),
              " features, but kernel ", str(in_type(n, 1)), " wants ", in_shape(n, 1)[1].str());
  ir::SymShape out = in_shape(n);
  out.back() = in_shape(n, 1)[0];
  want_optional(n, 2, in_type(n).dtype, {out.back()});
  want_optional(n, 3, in_type(n).dtype, out);
  want_activation(n);
  return {tensor(in_type(n).dtype, out)};
}

namespace {

/// An operand of a product seen as batch dims and a matrix.
struct Operand {
  ir::SymShape batch;
  ir::SymDim rows, columns;
  bool vector;
};

/// A vector stands for a row on the left (operand 0) and for a column on the right.
Operand matrix_operand(const ir::Node& n, size_t i, const char* attr) {
  want_word(n, attr, {"none", "transpose", "vector"});
  const bool vector = text(n, attr) == "vector";
  want_rank(n, i, vector ? 1 : 2, Dims::MAX_DIMS);
  ir::SymShape shape = in_shape(n, i);
  if (vector) shape.insert(i == 0 ? shape.end() - 1 : shape.end(), ir::SymDim(1));
  const size_t r = shape.size();
  if (text(n, attr) == "transpose") std::swap(shape[r - 2], shape[r - 1]);
  return {ir::SymShape(shape.begin(), shape.end() - 2), shape[r - 2], shape[r - 1], vector};
}

}  // namespace

TENON_SHAPE_RULE("matrix_multiply") {
  want_float(n);
  want_dtype(n, 1, in_type(n).dtype);
  const Operand a = matrix_operand(n, 0, "op0"), b = matrix_operand(n, 1, "op1");
  TENON_CHECK(a.columns == b.rows, n.op, ": a ", str(in_type(n, 0)), " (", text(n, "op0"),
              ") has depth ", a.columns.str(), ", but b ", str(in_type(n, 1)), " (", text(n, "op1"),
              ") has depth ", b.rows.str());
  ir::SymShape out =
      with_frame([&] { return n.op + ": the batch sizes are those before the matrix"; },
                 [&] { return broadcast(a.batch, b.batch); });
  if (!a.vector) out.push_back(a.rows);
  if (!b.vector) out.push_back(b.columns);
  return {tensor(in_type(n).dtype, out)};
}

}  // namespace tenon::net
