// SPDX-License-Identifier: Apache-2.0
// Layers that compute each element on its own.
#include "net/pointwise.h"
#include "net/rules.h"

namespace tenon::net {
namespace {

/// Activations are the pointwise ops that take parameters.
void want_op(const ir::Node& n, const char* attr, int arity) {
  const std::string& op = text(n, attr);
  const bool known = pointwise_arity(op) == arity && op != "cast" && op != "select" &&
                     (pointwise_params(op) > 0) == (n.op == "activation");
  TENON_CHECK(known, n.op, ": there is no ", attr, " \"", op, "\"");
  const Support ok = pointwise_accepts(op, in_type(n).dtype);
  TENON_CHECK(ok, n.op, ": ", ok.reason());
}

void want_addressable(const ir::Node& n, const char* attr) {
  const DataType t = n.get<DataType>(attr);
  TENON_CHECK(is_float(t) || is_integer(t) || t == DataType::kBOOL, n.op, ": ", attr, " is ",
              name_of(t), ", which no layer computes in");
}

}  // namespace

TENON_SHAPE_RULE("activation") {
  want_op(n, "type", 1);
  return {in_type(n)};
}

TENON_SHAPE_RULE("unary") {
  want_op(n, "operation", 1);
  return {tensor(pointwise_result(text(n, "operation"), in_type(n).dtype), in_shape(n))};
}

TENON_SHAPE_RULE("elementwise") {
  want_dtype(n, 1, in_type(n, 0).dtype);
  want_op(n, "operation", 2);
  return {tensor(pointwise_result(text(n, "operation"), in_type(n).dtype),
                 broadcast(in_shape(n, 0), in_shape(n, 1)))};
}

TENON_SHAPE_RULE("select") {
  want_dtype(n, 0, DataType::kBOOL);
  want_dtype(n, 2, in_type(n, 1).dtype);
  return {tensor(in_type(n, 1).dtype,
                 broadcast(in_shape(n, 0), broadcast(in_shape(n, 1), in_shape(n, 2))))};
}

TENON_SHAPE_RULE("cast") {
  want_addressable(n, "to");
  return {tensor(n.get<DataType>("to"), in_shape(n))};
}

TENON_SHAPE_RULE("scale") {
  want_float(n);
  const ir::SymDim& channels = in_shape(n).at(axis_of(n));
  for (size_t i : {1, 2}) {
    want_dtype(n, i, in_type(n).dtype);
    want_shape(n, i, {channels});
  }
  return {in_type(n)};
}

TENON_SHAPE_RULE("identity") { return {in_type(n)}; }
TENON_SHAPE_RULE("reorder") { return {in_type(n)}; }

TENON_SHAPE_RULE("prepare_image") {
  want_number(n);
  want_rank(n, 0, 3, 5);
  const DataType to = n.get<DataType>("to");
  TENON_CHECK(is_float(to), n.op, ": to is ", name_of(to), ", wanted a floating-point type");
  const int64_t channels = n.get<int64_t>("channels"), own = static_size(n, 0, 1);
  TENON_CHECK(channels >= own, n.op, ": channels is ", channels, ", wanted at least the ", own,
              " of input ", str(in_type(n)));
  ir::SymShape out = in_shape(n);
  out[1] = channels;
  return {tensor(to, out)};
}

TENON_SHAPE_RULE("pointwise") {
  std::vector<DataType> types;
  ir::SymShape shape;
  for (size_t i = 0; i < n.inputs.size(); ++i) {
    types.push_back(in_type(n, i).dtype);
    shape = broadcast(shape, in_shape(n, i));
  }
  const auto program = parse_pointwise(n.get<std::vector<std::string>>("program"), types);
  return {tensor(program.back().dtype, shape)};
}

}  // namespace tenon::net
