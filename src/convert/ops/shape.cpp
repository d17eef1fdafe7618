// SPDX-License-Identifier: Apache-2.0
// Views: reshaping, permuting, broadcasting, repeating.
#include <numeric>

#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

using Ints = std::vector<int64_t>;

size_t rank_of(const ir::Value* x) { return x->type.shape.size(); }

/// Target of a view: one -1 takes what is left.
ir::SymShape view_shape(Ctx& c, const ir::Value* x, ir::SymShape shape) {
  ir::SymDim known = 1;
  ir::SymDim* open = nullptr;
  for (ir::SymDim& d : shape) {
    if (d != ir::SymDim(-1)) {
      known = known * d;
      continue;
    }
    c.require(!open, "two sizes of the view are -1");
    open = &d;
  }
  c.require(!open || known != ir::SymDim(0), "a view with -1 beside a size of 0");
  if (open) *open = ir::volume(x->type.shape).floordiv(known);
  return shape;
}

void view(Ctx& c, const ir::Node& n, const char* arg) {
  ir::Value* x = c.tensor(n, "self");
  c.bind(n.output(), reshape(c, x, view_shape(c, x, c.sizes(n, arg))));
}

/// x without the size-1 dimensions among "axes"; a size that is not fixed counts as not 1, as in
/// the program that was exported.
ir::Value* squeeze_axes(Ctx& c, ir::Value* x, const Ints& axes) {
  ir::SymShape shape;
  for (size_t i = 0; i < rank_of(x); ++i) {
    const bool named = std::find(axes.begin(), axes.end(), static_cast<int64_t>(i)) != axes.end();
    if (!named || x->type.shape[i] != ir::SymDim(1)) shape.push_back(x->type.shape[i]);
  }
  return reshape(c, x, shape);
}

Ints all_axes(size_t rank) {
  Ints axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

ir::Value* swap_axes(Ctx& c, ir::Value* x, int64_t a, int64_t b) {
  if (rank_of(x) < 2) return x;
  Ints perm = all_axes(rank_of(x));
  std::swap(perm[static_cast<size_t>(a)], perm[static_cast<size_t>(b)]);
  return permute(c, x, perm);
}

ir::SymShape expanded_shape(Ctx& c, const ir::Value* x, ir::SymShape shape) {
  c.require(shape.size() >= rank_of(x), "expand to fewer dimensions");
  const size_t extra = shape.size() - rank_of(x);
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != ir::SymDim(-1)) continue;
    c.require(i >= extra, "expand with -1 for a new dimension");
    shape[i] = x->type.shape[i - extra];
  }
  return shape;
}

/// Every dimension becomes (repeat, size), is broadcast, and merged again.
ir::Value* repeat(Ctx& c, ir::Value* x, ir::SymShape counts) {
  ir::SymShape base = x->type.shape;
  while (base.size() < counts.size()) base.insert(base.begin(), ir::SymDim(1));
  while (counts.size() < base.size()) counts.insert(counts.begin(), ir::SymDim(1));
  ir::SymShape split, wide, merged;
  for (size_t i = 0; i < base.size(); ++i) {
    split.insert(split.end(), {ir::SymDim(1), base[i]});
    wide.insert(wide.end(), {counts[i], base[i]});
    merged.push_back(counts[i] * base[i]);
  }
  if (merged == base) return reshape(c, x, base);
  return reshape(c, expand(c, reshape(c, x, split), wide), merged);
}

}  // namespace

TENON_CONVERTER("aten::view", "aten::_unsafe_view")(Ctx& c, const ir::Node& n) {
  view(c, n, "size");
}
TENON_CONVERTER("aten::reshape")(Ctx& c, const ir::Node& n) { view(c, n, "shape"); }

TENON_CONVERTER("aten::view_as", "aten::reshape_as")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), reshape(c, c.tensor(n, "self"), c.tensor(n, "other")->type.shape));
}
TENON_CONVERTER("aten::ravel")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  c.bind(n.output(), reshape(c, x, {ir::volume(x->type.shape)}));
}

TENON_CONVERTER("aten::view.dtype")(Ctx& c, const ir::Node& n) {
  c.no("view(dtype) reads the bytes as another type");
}

TENON_CONVERTER("aten::flatten.using_ints")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t rank = rank_of(x);
  if (rank == 0) return c.bind(n.output(), reshape(c, x, {ir::SymDim(1)}));
  const auto first = net::wrap_axis(c.integer(n, "start_dim", 0), rank);
  const auto last = net::wrap_axis(c.integer(n, "end_dim", -1), rank);
  c.require(first <= last, "flatten from dimension ", first, " to ", last);
  const auto& s = x->type.shape;
  ir::SymShape shape(s.begin(), s.begin() + first);
  shape.push_back(ir::volume(ir::SymShape(s.begin() + first, s.begin() + last + 1)));
  shape.insert(shape.end(), s.begin() + last + 1, s.end());
  c.bind(n.output(), reshape(c, x, shape));
}

TENON_CONVERTER("aten::unflatten.int")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const auto axis = c.axis(n, "dim", rank_of(x));
  ir::SymShape shape = x->type.shape, parts = c.sizes(n, "sizes");
  ir::SymDim known = 1;
  for (const ir::SymDim& d : parts)
    if (d != ir::SymDim(-1)) known = known * d;
  for (ir::SymDim& d : parts)
    if (d == ir::SymDim(-1)) d = shape[static_cast<size_t>(axis)].floordiv(known);
  shape.erase(shape.begin() + axis);
  shape.insert(shape.begin() + axis, parts.begin(), parts.end());
  c.bind(n.output(), reshape(c, x, shape));
}

TENON_CONVERTER("aten::squeeze", "aten::squeeze.dim", "aten::squeeze.dims")
(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const bool all = !c.has(n, "dim");
  c.bind(n.output(), squeeze_axes(c, x, all ? all_axes(rank_of(x)) : c.axes(n, "dim", rank_of(x))));
}

TENON_CONVERTER("aten::unsqueeze")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  c.bind(n.output(), unsqueeze(c, x, static_cast<size_t>(c.axis(n, "dim", rank_of(x) + 1))));
}

TENON_CONVERTER("aten::permute")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  Ints perm = c.ints(n, "dims");
  for (int64_t& a : perm) a = net::wrap_axis(a, rank_of(x));
  c.bind(n.output(), permute(c, x, perm));
}

TENON_CONVERTER("aten::transpose.int")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t rank = rank_of(x);
  c.bind(n.output(), swap_axes(c, x, c.axis(n, "dim0", rank), c.axis(n, "dim1", rank)));
}

TENON_CONVERTER("aten::swapaxes")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const size_t rank = rank_of(x);
  c.bind(n.output(), swap_axes(c, x, c.axis(n, "axis0", rank), c.axis(n, "axis1", rank)));
}

TENON_CONVERTER("aten::t", "aten::mT")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const auto rank = static_cast<int64_t>(rank_of(x));
  c.bind(n.output(), swap_axes(c, x, rank - 2, rank - 1));
}

TENON_CONVERTER("aten::numpy_T")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const Ints axes = all_axes(rank_of(x));
  c.bind(n.output(), permute(c, x, Ints(axes.rbegin(), axes.rend())));
}

TENON_CONVERTER("aten::movedim.int", "aten::movedim.intlist", "aten::moveaxis.int",
                "aten::moveaxis.intlist")
(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const Ints from = c.ints(n, "source"), to = c.ints(n, "destination");
  c.require(from.size() == to.size(), "source and destination differ in length");
  Ints perm(rank_of(x), -1), rest = all_axes(rank_of(x));
  for (size_t i = 0; i < from.size(); ++i) {
    const int64_t axis = net::wrap_axis(from[i], rank_of(x));
    perm[static_cast<size_t>(net::wrap_axis(to[i], rank_of(x)))] = axis;
    std::erase(rest, axis);
  }
  auto next = rest.begin();
  for (int64_t& p : perm)
    if (p < 0) p = *next++;
  c.bind(n.output(), permute(c, x, perm));
}

TENON_CONVERTER("aten::expand", "aten::broadcast_to")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  c.bind(n.output(), expand(c, x, expanded_shape(c, x, c.sizes(n, "size"))));
}

TENON_CONVERTER("aten::expand_as")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), expand(c, c.tensor(n, "self"), c.tensor(n, "other")->type.shape));
}

TENON_CONVERTER("aten::repeat")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), repeat(c, c.tensor(n, "self"), c.sizes(n, "repeats")));
}

TENON_CONVERTER("aten::tile")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), repeat(c, c.tensor(n, "self"), c.sizes(n, "dims")));
}

TENON_CONVERTER("aten::repeat_interleave.self_int")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  if (!c.has(n, "dim")) x = reshape(c, x, {ir::volume(x->type.shape)});
  const auto axis = c.has(n, "dim") ? static_cast<size_t>(c.axis(n, "dim", rank_of(x))) : 0;
  const ir::SymDim count = c.size(n, "repeats");
  ir::Value* y = unsqueeze(c, x, axis + 1);
  ir::SymShape wide = y->type.shape, merged = x->type.shape;
  wide[axis + 1] = count;
  merged[axis] = merged[axis] * count;
  c.bind(n.output(), reshape(c, expand(c, y, wide), merged));
}

}  // namespace tenon::convert
