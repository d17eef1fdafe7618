// SPDX-License-Identifier: Apache-2.0
// Tensors made from sizes and numbers: arange, full, zeros, ones, tril, triu.
#include <cmath>

#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

DataType number_type(const Operand& o) { return result_type({o}); }

/// A tensor of one value, which may be a symbolic size.
ir::Value* filled(Ctx& c, const Operand& value, const ir::SymShape& shape, DataType type) {
  const auto fixed = fixed_number(value);
  // Integers beyond 2^53 would be rounded in the layer's attribute.
  const bool exact = fixed && std::fabs(*fixed) <= 9007199254740992.0;
  if (exact || (fixed && is_float(type))) return fill(c, *fixed, shape, type);
  return expand(c, value_of(c, value, type), shape);
}

void full(Ctx& c, const ir::Node& n, const Operand& value, const ir::SymShape& shape,
          DataType fallback) {
  c.bind(n.output(), filled(c, value, shape, c.dtype(n, "dtype").value_or(fallback)));
}

void like(Ctx& c, const ir::Node& n, const Operand& value) {
  const ir::Value* self = c.tensor(n, "self");
  full(c, n, value, self->type.shape, self->type.dtype);
}

void new_of_size(Ctx& c, const ir::Node& n, const Operand& value) {
  full(c, n, value, c.sizes(n, "size"), c.tensor(n, "self")->type.dtype);
}

ir::SymDim size_of(const Operand& o) {
  if (const auto* s = std::get_if<ir::SymDim>(&o.number)) return *s;
  return static_cast<int64_t>(*fixed_number(o));
}

struct Progression {
  Operand start, end, step;
};

/// Number of elements: ceil((end - start) / step), in doubles as torch does for float arguments.
ir::SymDim count_of(Ctx& c, const Progression& p, DataType argument_type) {
  const auto step = fixed_number(p.step);
  c.require(step && *step != 0, "arange with a step that is not a fixed number, or 0");
  if (argument_type == DataType::kINT64)
    return ir::SymDim::max(0, (size_of(p.end) - size_of(p.start)).ceildiv(size_of(p.step)));
  const auto start = fixed_number(p.start), end = fixed_number(p.end);
  c.require(start && end, "arange from or to a size, with float arguments");
  return static_cast<int64_t>(std::max(0.0, std::ceil((*end - *start) / *step)));
}

void arange(Ctx& c, const ir::Node& n, const Progression& p) {
  for (const Operand* o : {&p.start, &p.end, &p.step})
    c.require(!o->tensor, "arange with a tensor as argument");
  const DataType argument_type = result_type({p.start, p.end, p.step});
  const DataType type = c.dtype(n, "dtype").value_or(argument_type);
  c.require(n.output()->type.shape.size() == 1, "the program's result is not 1-D");
  const ir::SymDim count =
      c.agree(count_of(c, p, argument_type), n.output()->type.shape[0], "the number of elements");
  const auto start = fixed_number(p.start);
  ir::Value* y = c.net("range", {},
                       {{"size", ir::SymShape{count}},
                        {"to", type},
                        {"start", start.value_or(0.0)},
                        {"step", *fixed_number(p.step)}});
  c.bind(n.output(), start ? y : binary(c, "sum", y, value_of(c, p.start, type)));
}

/// Keeps x where column - row <= diagonal (tril) or >= diagonal (triu).
void triangle(Ctx& c, const ir::Node& n, const char* comparison) {
  ir::Value* x = c.tensor(n, "self");
  const ir::SymShape& s = x->type.shape;
  c.require(s.size() >= 2, "the input has ", s.size(), " dimensions, wanted 2 or more");
  const auto range = [&](const ir::SymDim& size, const ir::SymShape& shape, double start) {
    return reshape(c,
                   c.net("range", {},
                         {{"size", ir::SymShape{size}},
                          {"to", DataType::kINT64},
                          {"start", start},
                          {"step", 1.0}}),
                   shape);
  };
  const ir::SymDim rows = s[s.size() - 2], columns = s.back();
  ir::Value* row = range(rows, {rows, 1}, static_cast<double>(c.integer(n, "diagonal", 0)));
  ir::Value* keep = binary(c, comparison, range(columns, {1, columns}, 0), row);
  c.bind(n.output(), select(c, keep, x, c.scalar(0, x->type.dtype)));
}

void no_empty(Ctx& c, const ir::Node& n) { c.no(n.op + " has undefined values"); }

}  // namespace

TENON_CONVERTER("aten::arange")(Ctx& c, const ir::Node& n) {
  arange(c, n, {of(int64_t{0}), required_operand(c, n, "end"), of(int64_t{1})});
}
TENON_CONVERTER("aten::arange.start")(Ctx& c, const ir::Node& n) {
  arange(c, n, {required_operand(c, n, "start"), required_operand(c, n, "end"), of(int64_t{1})});
}
TENON_CONVERTER("aten::arange.start_step")(Ctx& c, const ir::Node& n) {
  const Operand step = operand(c, n, "step");
  arange(c, n,
         {required_operand(c, n, "start"), required_operand(c, n, "end"),
          step.present() ? step : of(int64_t{1})});
}

TENON_CONVERTER("aten::full")(Ctx& c, const ir::Node& n) {
  const Operand value = required_operand(c, n, "fill_value");
  full(c, n, value, c.sizes(n, "size"), number_type(value));
}
TENON_CONVERTER("aten::full_like")(Ctx& c, const ir::Node& n) {
  like(c, n, required_operand(c, n, "fill_value"));
}
TENON_CONVERTER("aten::new_full")(Ctx& c, const ir::Node& n) {
  new_of_size(c, n, required_operand(c, n, "fill_value"));
}
TENON_CONVERTER("aten::fill.Scalar", "aten::fill.Tensor")(Ctx& c, const ir::Node& n) {
  like(c, n, required_operand(c, n, "value"));
}

TENON_CONVERTER("aten::zeros")(Ctx& c, const ir::Node& n) {
  full(c, n, of(int64_t{0}), c.sizes(n, "size"), DataType::kFLOAT);
}
TENON_CONVERTER("aten::ones")(Ctx& c, const ir::Node& n) {
  full(c, n, of(int64_t{1}), c.sizes(n, "size"), DataType::kFLOAT);
}
TENON_CONVERTER("aten::zeros_like", "aten::zero")(Ctx& c, const ir::Node& n) {
  like(c, n, of(int64_t{0}));
}
TENON_CONVERTER("aten::ones_like")(Ctx& c, const ir::Node& n) { like(c, n, of(int64_t{1})); }
TENON_CONVERTER("aten::new_zeros")(Ctx& c, const ir::Node& n) { new_of_size(c, n, of(int64_t{0})); }
TENON_CONVERTER("aten::new_ones")(Ctx& c, const ir::Node& n) { new_of_size(c, n, of(int64_t{1})); }

TENON_CONVERTER("aten::scalar_tensor")(Ctx& c, const ir::Node& n) {
  full(c, n, required_operand(c, n, "s"), {}, DataType::kFLOAT);
}

TENON_CONVERTER("aten::empty.memory_format")(Ctx& c, const ir::Node& n) { no_empty(c, n); }
TENON_CONVERTER("aten::empty_like", "aten::new_empty")(Ctx& c, const ir::Node& n) {
  no_empty(c, n);
}

TENON_CONVERTER("aten::tril")(Ctx& c, const ir::Node& n) { triangle(c, n, "less_equal"); }
TENON_CONVERTER("aten::triu")(Ctx& c, const ir::Node& n) { triangle(c, n, "greater_equal"); }

}  // namespace tenon::convert
