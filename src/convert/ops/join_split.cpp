// SPDX-License-Identifier: Apache-2.0
// cat, stack, split, chunk, unbind, select, slice, narrow, flip, roll, diff, meshgrid.
#include <limits>

#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

size_t rank_of(const ir::Value* x) { return x->type.shape.size(); }

std::vector<ir::Value*> promoted(Ctx& c, const ir::Node& n) {
  std::vector<ir::Value*> parts = c.tensors(n, "tensors");
  std::vector<Operand> operands;
  for (ir::Value* v : parts) operands.push_back(of(v));
  const DataType type = result_type(operands);
  for (ir::Value*& v : parts) v = c.cast(v, type);
  c.require(!parts.empty(), n.op, " of no tensors");
  return parts;
}

/// torch lets cat skip 1-D tensors without elements, whatever the others' rank.
bool skipped(const ir::Value* v, size_t rank) {
  return rank > 1 && v->type.shape == ir::SymShape{ir::SymDim(0)};
}

size_t axis_of(Ctx& c, const ir::Node& n, const ir::Value* x) {
  return static_cast<size_t>(net::wrap_axis(c.integer(n, "dim", 0), rank_of(x)));
}

/// Consecutive parts along an axis; the sizes are the program's, which has resolved the remainder.
void split(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t axis = axis_of(c, n, x);
  ir::SymDim start = 0;
  std::vector<ir::Value*> parts;
  for (const auto& out : n.outputs()) {
    c.require(out->type.kind == ir::Kind::kTensor && out->type.shape.size() == rank_of(x), "part %",
              out->name, " is not a tensor of the input's rank");
    const ir::SymDim size = out->type.shape[axis];
    parts.push_back(slice_axis(c, x, axis, start, size));
    start = start + size;
  }
  c.agree(start, x->type.shape[axis], "the sum of the parts' sizes");
  c.bind_all(n, parts);
}

/// A Python index or bound, with negative numbers counting from the end.
ir::SymDim from_end(const ir::SymDim& index, const ir::SymDim& size) {
  return index.is_const() && index.value() < 0 ? index + size : index;
}

ir::SymDim clamped(const ir::SymDim& bound, const ir::SymDim& size) {
  return ir::SymDim::max(0, ir::SymDim::min(from_end(bound, size), size));
}

/// a where it is the same size as the clamped one at all sizes tried: clamping that never happens.
ir::SymDim simplest(Ctx& c, const ir::SymDim& a, const ir::SymDim& clamped_a) {
  return same_everywhere(a, clamped_a, c.net.graph.symbols) ? a : clamped_a;
}

void slice(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t axis = axis_of(c, n, x);
  const ir::SymDim size = x->type.shape[axis];
  const int64_t step = c.integer(n, "step", 1);
  c.require(step > 0, "a slice with step ", step);
  const ir::SymDim low = c.size(n, "start", 0);
  const ir::SymDim start = simplest(c, from_end(low, size), clamped(low, size));
  ir::SymDim end = c.size(n, "end", std::numeric_limits<int64_t>::max());
  const bool open = end.is_const() && end.value() == std::numeric_limits<int64_t>::max();
  end = open ? size : simplest(c, from_end(end, size), clamped(end, size));
  const ir::SymDim count = (end - start).ceildiv(step);
  c.require(n.output()->type.shape.size() == rank_of(x), "the program's result has another rank");
  const ir::SymDim wanted =
      c.agree(ir::SymDim::max(0, count), n.output()->type.shape[axis], "the slice's size");
  c.bind(n.output(), slice_axis(c, x, axis, start, wanted, step));
}

ir::Value* roll(Ctx& c, ir::Value* x, size_t axis, int64_t shift) {
  const ir::SymDim size = x->type.shape.at(axis);
  const ir::SymDim tail = ir::SymDim(shift).mod(size);  // elements that move to the front
  if (tail == ir::SymDim(0)) return x;
  return concat(
      c, {slice_axis(c, x, axis, size - tail, tail), slice_axis(c, x, axis, 0, size - tail)}, axis);
}

}  // namespace

TENON_CONVERTER("aten::cat", "aten::concat", "aten::concatenate")(Ctx& c, const ir::Node& n) {
  size_t rank = 0;
  std::vector<ir::Value*> parts = promoted(c, n);
  for (const ir::Value* v : parts) rank = std::max(rank, rank_of(v));
  std::erase_if(parts, [&](const ir::Value* v) { return skipped(v, rank); });
  c.bind(n.output(), concat(c, parts, axis_of(c, n, parts.at(0))));
}

TENON_CONVERTER("aten::stack")(Ctx& c, const ir::Node& n) {
  std::vector<ir::Value*> parts = promoted(c, n);
  const auto axis = net::wrap_axis(c.integer(n, "dim", 0), rank_of(parts[0]) + 1);
  for (ir::Value*& v : parts) v = unsqueeze(c, v, static_cast<size_t>(axis));
  c.bind(n.output(), concat(c, parts, static_cast<size_t>(axis)));
}

TENON_CONVERTER("aten::hstack")(Ctx& c, const ir::Node& n) {
  std::vector<ir::Value*> parts = promoted(c, n);
  for (ir::Value*& v : parts)
    if (rank_of(v) == 0) v = unsqueeze(c, v, 0);
  c.bind(n.output(), concat(c, parts, rank_of(parts[0]) == 1 ? 0 : 1));
}

TENON_CONVERTER("aten::split.Tensor", "aten::split.sizes", "aten::split", "aten::split_with_sizes",
                "aten::chunk", "aten::unsafe_split.Tensor", "aten::unsafe_split_with_sizes",
                "aten::unsafe_chunk", "aten::tensor_split.sections", "aten::tensor_split.indices")
(Ctx& c, const ir::Node& n) { split(c, n); }

TENON_CONVERTER("aten::unbind.int")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t axis = axis_of(c, n, x);
  c.agree(static_cast<int64_t>(n.outputs().size()), x->type.shape[axis], "the number of parts");
  for (size_t i = 0; i < n.outputs().size(); ++i)
    c.bind(n.output(i), squeeze(c, slice_axis(c, x, axis, static_cast<int64_t>(i), 1), axis));
}

TENON_CONVERTER("aten::select.int")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t axis = axis_of(c, n, x);
  const ir::SymDim index = from_end(c.size(n, "index"), x->type.shape[axis]);
  c.bind(n.output(), squeeze(c, slice_axis(c, x, axis, index, 1), axis));
}

TENON_CONVERTER("aten::slice.Tensor")(Ctx& c, const ir::Node& n) { slice(c, n); }

TENON_CONVERTER("aten::narrow")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t axis = axis_of(c, n, x);
  const ir::SymDim start = from_end(c.size(n, "start"), x->type.shape[axis]);
  c.bind(n.output(), slice_axis(c, x, axis, start, c.size(n, "length")));
}

TENON_CONVERTER("aten::flip")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  for (int64_t a : c.axes(n, "dims", rank_of(x))) {
    const ir::SymDim size = x->type.shape.at(static_cast<size_t>(a));
    x = slice_axis(c, x, static_cast<size_t>(a), size - 1, size, -1);
  }
  c.bind(n.output(), x);
}

TENON_CONVERTER("aten::roll")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const std::vector<int64_t> shifts = c.ints(n, "shifts"), dims = c.ints(n, "dims");
  if (dims.empty()) {
    c.require(shifts.size() == 1, "roll with ", shifts.size(), " shifts and no dims");
    ir::Value* flat = reshape(c, x, {ir::volume(x->type.shape)});
    return c.bind(n.output(), reshape(c, roll(c, flat, 0, shifts[0]), x->type.shape));
  }
  c.require(shifts.size() == dims.size(), "roll with ", shifts.size(), " shifts and ", dims.size(),
            " dims");
  for (size_t i = 0; i < dims.size(); ++i)
    x = roll(c, x, static_cast<size_t>(net::wrap_axis(dims[i], rank_of(x))), shifts[i]);
  c.bind(n.output(), x);
}

TENON_CONVERTER("aten::diff")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  c.require(c.integer(n, "n", 1) == 1, "diff of order ", c.integer(n, "n", 1));
  const auto axis = static_cast<size_t>(net::wrap_axis(c.integer(n, "dim", -1), rank_of(x)));
  std::vector<ir::Value*> parts = {c.tensor_or_null(n, "prepend"), x,
                                   c.tensor_or_null(n, "append")};
  std::erase(parts, nullptr);
  ir::Value* all = concat(c, parts, axis);
  const ir::SymDim count = all->type.shape[axis] - 1;
  const char* operation = x->type.dtype == DataType::kBOOL ? "xor" : "sub";
  ir::Value* later = slice_axis(c, all, axis, 1, count);
  c.bind(n.output(), binary(c, operation, later, slice_axis(c, all, axis, 0, count)));
}

TENON_CONVERTER("aten::meshgrid", "aten::meshgrid.indexing")(Ctx& c, const ir::Node& n) {
  const std::vector<ir::Value*> axes = c.tensors(n, "tensors");
  const std::string indexing = c.string(n, "indexing", "ij");
  c.require(indexing == "ij", "meshgrid with indexing=\"", indexing, "\"");
  ir::SymShape shape;
  for (const ir::Value* v : axes) shape.push_back(ir::volume(v->type.shape));
  std::vector<ir::Value*> grids;
  for (size_t i = 0; i < axes.size(); ++i) {
    ir::SymShape line(shape.size(), ir::SymDim(1));
    line[i] = shape[i];
    grids.push_back(expand(c, reshape(c, axes[i], line), shape));
  }
  c.bind_all(n, grids);
}

}  // namespace tenon::convert
