// SPDX-License-Identifier: Apache-2.0
// select_scatter, slice_scatter: a tensor with a part replaced, as a join of three parts. one_hot.
#include <algorithm>

#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// x with [start, start + part's size) along `axis` replaced by `part`.
ir::Value* with_part(Ctx& c, ir::Value* x, ir::Value* part, size_t axis, const ir::SymDim& start) {
  const ir::SymDim size = x->type.shape.at(axis), end = start + part->type.shape.at(axis);
  std::vector<ir::Value*> parts;
  if (start != ir::SymDim(0)) parts.push_back(slice_axis(c, x, axis, 0, start));
  parts.push_back(c.cast(part, x->type.dtype));
  if (end != size) parts.push_back(slice_axis(c, x, axis, end, size - end));
  return concat(c, parts, axis);
}

size_t axis_of(Ctx& c, const ir::Node& n, const ir::Value* x) {
  return static_cast<size_t>(net::wrap_axis(c.integer(n, "dim", 0), x->type.shape.size()));
}

}  // namespace

TENON_CONVERTER("aten::select_scatter")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t axis = axis_of(c, n, x);
  ir::SymDim index = c.size(n, "index");
  if (index.is_const() && index.value() < 0) index = index + x->type.shape[axis];
  c.bind(n.output(), with_part(c, x, unsqueeze(c, c.tensor(n, "src"), axis), axis, index));
}

TENON_CONVERTER("aten::slice_scatter")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t axis = axis_of(c, n, x);
  c.require(c.integer(n, "step", 1) == 1, "slice_scatter with a step");
  const ir::SymDim size = x->type.shape[axis];
  ir::SymDim start = c.size(n, "start", 0);
  if (start.is_const() && start.value() < 0) start = ir::SymDim::max(0, start + size);
  if (start.is_const() && size.is_const()) start = std::min(start.value(), size.value());
  c.bind(n.output(), with_part(c, x, c.tensor(n, "src"), axis, start));
}

TENON_CONVERTER("aten::one_hot")(Ctx& c, const ir::Node& n) {
  const int64_t classes = c.integer(n, "num_classes", -1);
  c.require(classes > 0, "one_hot without num_classes: the result's size depends on values");
  ir::Value* x = c.tensor(n, "self");
  ir::Value* numbers =
      c.net("range", {}, {{"size", ir::SymShape{ir::SymDim(classes)}}, {"to", x->type.dtype}});
  ir::Value* hits = binary(c, "equal", unsqueeze(c, x, x->type.shape.size()), numbers);
  c.bind(n.output(), c.cast(hits, DataType::kINT64));
}

}  // namespace tenon::convert
