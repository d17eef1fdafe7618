// SPDX-License-Identifier: Apache-2.0
// fake_quantize_*: rounding to a grid of quant_max - quant_min + 1 steps, in floating point.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// (clamp(round(x / scale) + zero, low, high) - zero) * scale
ir::Value* rounded(Ctx& c, ir::Value* x, ir::Value* scale, ir::Value* inverse, ir::Value* zero,
                   double low, double high) {
  ir::Value* steps = unary(c, "round", binary(c, "prod", x, inverse));
  ir::Value* level = activation(c, "clip", binary(c, "sum", steps, zero), low, high);
  return binary(c, "prod", binary(c, "sub", level, zero), scale);
}

void fake_quantize(Ctx& c, const ir::Node& n, ir::Value* scale, ir::Value* zero) {
  ir::Value* x = c.tensor(n, "self");
  c.require(x->type.dtype == DataType::kFLOAT, "fake_quantize of dtype ", name_of(x->type.dtype));
  ir::Value* inverse = unary(c, "recip", scale);
  c.bind(n.output(),
         rounded(c, x, scale, inverse, zero, c.number(n, "quant_min"), c.number(n, "quant_max")));
}

/// [C] as [1, C, 1] with C at `axis`.
ir::Value* along(Ctx& c, ir::Value* v, size_t axis, size_t rank) {
  ir::SymShape shape(rank, ir::SymDim(1));
  shape.at(axis) = v->type.shape.at(0);
  return reshape(c, c.cast(v, DataType::kFLOAT), shape);
}

}  // namespace

TENON_CONVERTER("aten::fake_quantize_per_tensor_affine")(Ctx& c, const ir::Node& n) {
  ir::Value* scale = c.scalar(c.number(n, "scale"), DataType::kFLOAT);
  fake_quantize(c, n, scale, c.scalar(c.number(n, "zero_point"), DataType::kFLOAT));
}

TENON_CONVERTER("aten::fake_quantize_per_tensor_affine.tensor_qparams")
(Ctx& c, const ir::Node& n) {
  const size_t rank = c.tensor(n, "self")->type.shape.size();
  const auto number = [&](const char* name) {
    return reshape(c, c.cast(c.tensor(n, name), DataType::kFLOAT), ir::SymShape(rank, 1));
  };
  ir::Value* scale = number("scale");
  fake_quantize(c, n, scale, number("zero_point"));
}

TENON_CONVERTER("aten::fake_quantize_per_channel_affine")(Ctx& c, const ir::Node& n) {
  const size_t rank = c.tensor(n, "self")->type.shape.size();
  const auto axis = static_cast<size_t>(c.axis(n, "axis", rank));
  ir::Value* scale = along(c, c.tensor(n, "scale"), axis, rank);
  fake_quantize(c, n, scale, along(c, c.tensor(n, "zero_point"), axis, rank));
}

}  // namespace tenon::convert
