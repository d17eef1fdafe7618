// SPDX-License-Identifier: Apache-2.0
// sum, mean, prod, extrema, any/all, argmax/argmin, logsumexp, cumsum, topk, sort.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// sum and prod: integers are added up as int64.
ir::Value* summand(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const DataType given = is_float(x->type.dtype) ? x->type.dtype : DataType::kINT64;
  return c.cast(x, c.dtype(n, "dtype").value_or(given));
}

bool keep(Ctx& c, const ir::Node& n) { return c.boolean(n, "keepdim", false); }

/// The "dim" argument; empty means all dimensions.
std::vector<int64_t> axes(Ctx& c, const ir::Node& n, const ir::Value* x) {
  return c.axes(n, "dim", x->type.shape.size());
}

void reduce_all_or_some(Ctx& c, const ir::Node& n, const char* operation, ir::Value* x) {
  c.bind(n.output(), reduce(c, operation, x, axes(c, n, x), keep(c, n)));
}

/// max and min of bool tensors are any and all.
ir::Value* extremum(Ctx& c, const ir::Node& n, bool maximum) {
  ir::Value* x = c.tensor(n, "self");
  const bool logical = x->type.dtype == DataType::kBOOL;
  const char* op = maximum ? (logical ? "any" : "max") : (logical ? "all" : "min");
  return reduce(c, op, x, axes(c, n, x), keep(c, n));
}

ir::Value* arg_extremum(Ctx& c, ir::Value* x, const char* operation, int64_t axis, bool keep_dims) {
  c.require(x->type.dtype != DataType::kBOOL, "the index of an extremum of a bool tensor");
  if (x->type.shape.empty()) return fill(c, 0, {}, DataType::kINT64);
  return c.net("arg_reduce", {x},
               {{"operation", std::string(operation)}, {"axis", axis}, {"keep_dims", keep_dims}});
}

void extremum_with_index(Ctx& c, const ir::Node& n, bool maximum) {
  ir::Value* x = c.tensor(n, "self");
  ir::Value* values = extremum(c, n, maximum);
  const int64_t axis = c.axis(n, "dim", x->type.shape.size());
  const char* op = maximum ? "max" : "min";
  c.bind_all(n,
             {values, n.outputs().size() > 1 ? arg_extremum(c, x, op, axis, keep(c, n)) : nullptr});
}

void arg_of(Ctx& c, const ir::Node& n, const char* operation) {
  ir::Value* x = c.tensor(n, "self");
  const size_t rank = x->type.shape.size();
  if (c.has(n, "dim"))
    return c.bind(n.output(), arg_extremum(c, x, operation, c.axis(n, "dim", rank), keep(c, n)));
  ir::Value* flat = reshape(c, x, {ir::volume(x->type.shape)});
  ir::Value* y = arg_extremum(c, flat, operation, 0, false);
  c.bind(n.output(), keep(c, n) ? reshape(c, y, ir::SymShape(rank, ir::SymDim(1))) : y);
}

void truth(Ctx& c, const ir::Node& n, const char* operation) {
  ir::Value* x = c.tensor(n, "self");
  c.require(x->type.dtype != DataType::kUINT8, n.op, " of uint8 keeps the dtype uint8");
  reduce_all_or_some(c, n, operation, c.cast(x, DataType::kBOOL));
}

}  // namespace

TENON_CONVERTER("aten::sum", "aten::sum.dim_IntList")(Ctx& c, const ir::Node& n) {
  reduce_all_or_some(c, n, "sum", summand(c, n));
}

TENON_CONVERTER("aten::prod", "aten::prod.dim_int")(Ctx& c, const ir::Node& n) {
  reduce_all_or_some(c, n, "prod", summand(c, n));
}

TENON_CONVERTER("aten::mean", "aten::mean.dim")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  if (const auto type = c.dtype(n, "dtype")) x = c.cast(x, *type);
  require_float(c, x);
  reduce_all_or_some(c, n, "avg", x);
}

TENON_CONVERTER("aten::amax", "aten::max")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), extremum(c, n, true));
}
TENON_CONVERTER("aten::amin", "aten::min")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), extremum(c, n, false));
}
TENON_CONVERTER("aten::max.dim")(Ctx& c, const ir::Node& n) { extremum_with_index(c, n, true); }
TENON_CONVERTER("aten::min.dim")(Ctx& c, const ir::Node& n) { extremum_with_index(c, n, false); }

TENON_CONVERTER("aten::argmax")(Ctx& c, const ir::Node& n) { arg_of(c, n, "max"); }
TENON_CONVERTER("aten::argmin")(Ctx& c, const ir::Node& n) { arg_of(c, n, "min"); }

TENON_CONVERTER("aten::any", "aten::any.dim", "aten::any.dims")(Ctx& c, const ir::Node& n) {
  truth(c, n, "any");
}
TENON_CONVERTER("aten::all", "aten::all.dim", "aten::all.dims")(Ctx& c, const ir::Node& n) {
  truth(c, n, "all");
}

TENON_CONVERTER("aten::logsumexp")(Ctx& c, const ir::Node& n) {
  ir::Value* x = as_float(c, c.tensor(n, "self"));
  const DataType type = x->type.dtype;
  x = widen(c, x);
  const std::vector<int64_t> dims = axes(c, n, x);
  ir::Value* top = reduce(c, "max", x, dims, true);
  // An infinite maximum is not subtracted: inf - inf would be NaN.
  top = select(c, unary(c, "isinf", top), c.scalar(0, x->type.dtype), top);
  ir::Value* sum = reduce(c, "sum", unary(c, "exp", binary(c, "sub", x, top)), dims, true);
  ir::Value* y = binary(c, "sum", unary(c, "log", sum), top);
  if (!keep(c, n)) y = reduce(c, "max", y, dims, false);  // drops the size-1 axes
  c.bind(n.output(), c.cast(y, type));
}

TENON_CONVERTER("aten::cumsum")(Ctx& c, const ir::Node& n) {
  ir::Value* x = summand(c, n);
  const size_t rank = x->type.shape.size();
  const int64_t axis = c.axis(n, "dim", rank);
  c.bind(n.output(), rank == 0 ? x : c.net("cumsum", {x}, {{"axis", axis}}));
}

namespace {

/// Values and indices.
std::vector<ir::Value*> top_k(Ctx& c, const ir::Node& n, ir::Value* x, int64_t k, bool largest) {
  c.require(!x->type.shape.empty(), n.op, " of a tensor without dimensions");
  const int64_t axis = net::wrap_axis(c.integer(n, "dim", -1), x->type.shape.size());
  ir::Node* layer = c.net.layer("topk", {x}, {{"k", k}, {"axis", axis}, {"largest", largest}});
  return {layer->output(0), layer->output(1)};
}

/// Along one dimension of fixed size, all of it: the layer's order of equals is not torch's.
void sort(Ctx& c, const ir::Node& n, bool indices_only) {
  ir::Value* x = c.tensor(n, "self");
  c.require(!c.boolean(n, "stable", false), "a stable sort");
  c.require(!x->type.shape.empty(), n.op, " of a tensor without dimensions");
  const int64_t axis = net::wrap_axis(c.integer(n, "dim", -1), x->type.shape.size());
  const ir::SymDim& size = x->type.shape[static_cast<size_t>(axis)];
  c.require(size.is_const(), n.op, " along a dimension whose size is not fixed (", size.str(), ")");
  const auto results = top_k(c, n, x, size.value(), c.boolean(n, "descending", false));
  c.bind_all(n, indices_only ? std::vector<ir::Value*>{results[1]} : results);
}

}  // namespace

TENON_CONVERTER("aten::topk")(Ctx& c, const ir::Node& n) {
  c.bind_all(n, top_k(c, n, c.tensor(n, "self"), c.integer(n, "k"), c.boolean(n, "largest", true)));
}

TENON_CONVERTER("aten::sort", "aten::sort.stable")(Ctx& c, const ir::Node& n) { sort(c, n, false); }
TENON_CONVERTER("aten::argsort", "aten::argsort.stable")(Ctx& c, const ir::Node& n) {
  sort(c, n, true);
}

TENON_CONVERTER("aten::aminmax")(Ctx& c, const ir::Node& n) {
  c.bind_all(n, {extremum(c, n, false), extremum(c, n, true)});
}

TENON_CONVERTER("aten::count_nonzero", "aten::count_nonzero.dim_IntList")
(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.cast(c.tensor(n, "self"), DataType::kBOOL);
  reduce_all_or_some(c, n, "sum", c.cast(x, DataType::kINT64));
}

}  // namespace tenon::convert
