// SPDX-License-Identifier: Apache-2.0
#include "convert/ops/common.h"

#include <algorithm>

#include "convert/scalar.h"

namespace tenon::convert {

Operand operand(Ctx& c, const ir::Node& n, const char* arg) {
  if (!c.has(n, arg)) return {};
  const ir::Attr& a = *n.find(arg);
  if (std::holds_alternative<ir::Ref>(a)) return of(c.tensor(n, arg));
  const bool number = std::holds_alternative<int64_t>(a) || std::holds_alternative<double>(a) ||
                      std::holds_alternative<bool>(a) || std::holds_alternative<ir::SymDim>(a);
  c.require(number, "argument ", arg, " is ", ir::str(a), ", wanted a tensor or a number");
  return Operand{nullptr, a};
}

Operand required_operand(Ctx& c, const ir::Node& n, const char* arg) {
  Operand o = operand(c, n, arg);
  c.require(o.present(), "argument ", arg, " is missing");
  return o;
}

Operand of(double number) { return Operand{nullptr, number}; }
Operand of(int64_t number) { return Operand{nullptr, number}; }

namespace {

DataType number_type(const ir::Attr& number) {
  if (std::holds_alternative<double>(number)) return DataType::kFLOAT;
  return std::holds_alternative<bool>(number) ? DataType::kBOOL : DataType::kINT64;
}

}  // namespace

DataType result_type(const std::vector<Operand>& operands) {
  std::optional<DataType> dims, zero, numbers;
  for (const Operand& o : operands) {
    if (!o.present()) continue;
    auto& group = !o.tensor ? numbers : o.tensor->type.shape.empty() ? zero : dims;
    const DataType t = o.tensor ? o.tensor->type.dtype : number_type(o.number);
    group = group ? promote_types(*group, t) : t;
  }
  return combine_ranks(dims, combine_ranks(zero, numbers)).value_or(DataType::kFLOAT);
}

ir::Value* value_of(Ctx& c, const Operand& o, DataType type) {
  if (o.tensor) return c.cast(o.tensor, type);
  if (const auto* d = std::get_if<double>(&o.number)) return c.scalar(*d, type);
  if (const auto* b = std::get_if<bool>(&o.number)) return c.integer_scalar(*b, type);
  if (const auto* i = std::get_if<int64_t>(&o.number)) return c.integer_scalar(*i, type);
  const auto& size = std::get<ir::SymDim>(o.number);
  if (size.is_const()) return c.integer_scalar(size.value(), type);
  return c.cast(c.net("size_of", {}, {{"size", ir::SymShape{size}}}), type);
}

std::optional<double> fixed_number(const Operand& o) {
  if (const auto* d = std::get_if<double>(&o.number)) return *d;
  if (const auto* b = std::get_if<bool>(&o.number)) return *b;
  if (const auto* i = std::get_if<int64_t>(&o.number)) return static_cast<double>(*i);
  const auto* s = std::get_if<ir::SymDim>(&o.number);
  if (s && s->is_const()) return static_cast<double>(s->value());
  return std::nullopt;
}

ir::Value* as_float(Ctx& c, ir::Value* x) {
  return is_float(x->type.dtype) ? x : c.cast(x, DataType::kFLOAT);
}

void require_float(Ctx& c, const ir::Value* x) {
  c.require(is_float(x->type.dtype), "dtype ", name_of(x->type.dtype),
            " is not supported, wanted a floating point type");
}

ir::Value* widen(Ctx& c, ir::Value* x) {
  const DataType t = x->type.dtype;
  return t == DataType::kHALF || t == DataType::kBF16 ? c.cast(x, DataType::kFLOAT) : x;
}

ir::Value* unary(Ctx& c, const char* operation, ir::Value* x) {
  return c.net("unary", {x}, {{"operation", std::string(operation)}});
}

ir::Value* activation(Ctx& c, const char* type, ir::Value* x, double alpha, double beta) {
  return c.net("activation", {x}, {{"type", std::string(type)}, {"alpha", alpha}, {"beta", beta}});
}

ir::Value* binary(Ctx& c, const char* operation, ir::Value* a, ir::Value* b) {
  return c.net("elementwise", {a, b}, {{"operation", std::string(operation)}});
}

ir::Value* binary(Ctx& c, const char* operation, ir::Value* a, double number) {
  return binary(c, operation, a, c.scalar(number, a->type.dtype));
}

ir::Value* binary(Ctx& c, const char* operation, const Operand& a, const Operand& b,
                  DataType type) {
  ir::Value* left = value_of(c, a, type);
  return binary(c, operation, left, value_of(c, b, type));
}

ir::Value* select(Ctx& c, ir::Value* condition, ir::Value* a, ir::Value* b) {
  return c.net("select", {c.cast(condition, DataType::kBOOL), a, b});
}

ir::Value* arithmetic(Ctx& c, const char* operation, const Operand& a, const Operand& b,
                      DataType type) {
  bool exact = true;
  for (const Operand* o : {&a, &b}) {
    const auto number = fixed_number(*o);
    if (number && !representable(*number, type)) exact = false;
  }
  const DataType work = exact ? type : DataType::kFLOAT;
  return c.cast(binary(c, operation, a, b, work), type);
}

ir::Value* reshape(Ctx& c, ir::Value* x, const ir::SymShape& shape) {
  if (x->type.shape == shape) return x;
  return c.net("shuffle", {x}, {{"reshape_dims", shape}, {"has_reshape", true}});
}

ir::Value* permute(Ctx& c, ir::Value* x, const std::vector<int64_t>& perm) {
  if (std::is_sorted(perm.begin(), perm.end())) return x;
  return c.net("shuffle", {x}, {{"first_transpose", perm}});
}

ir::Value* expand(Ctx& c, ir::Value* x, const ir::SymShape& shape) {
  return x->type.shape == shape ? x : c.net("expand", {x}, {{"dims", shape}});
}

ir::Value* unsqueeze(Ctx& c, ir::Value* x, size_t axis) {
  ir::SymShape shape = x->type.shape;
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), ir::SymDim(1));
  return reshape(c, x, shape);
}

ir::Value* squeeze(Ctx& c, ir::Value* x, size_t axis) {
  ir::SymShape shape = x->type.shape;
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return reshape(c, x, shape);
}

ir::Value* slice_axis(Ctx& c, ir::Value* x, size_t axis, const ir::SymDim& start,
                      const ir::SymDim& size, int64_t step) {
  const ir::SymShape& shape = x->type.shape;
  if (step == 1 && start == ir::SymDim(0) && size == shape.at(axis)) return x;
  ir::SymShape starts(shape.size(), ir::SymDim(0)), sizes = shape;
  std::vector<int64_t> steps(shape.size(), 1);
  starts[axis] = start;
  sizes[axis] = size;
  steps[axis] = step;
  return c.net("slice", {x}, {{"start", starts}, {"size", sizes}, {"stride", steps}});
}

ir::Value* concat(Ctx& c, const std::vector<ir::Value*>& parts, size_t axis) {
  if (parts.size() == 1) return parts[0];
  return c.net("concatenation", parts, {{"axis", static_cast<int64_t>(axis)}});
}

ir::Value* reduce(Ctx& c, const char* operation, ir::Value* x, std::vector<int64_t> axes,
                  bool keep_dims) {
  const size_t rank = x->type.shape.size();
  if (rank == 0) return x;
  if (axes.empty())
    for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  return c.net("reduce", {x},
               {{"operation", std::string(operation)}, {"axes", axes}, {"keep_dims", keep_dims}});
}

ir::Value* fill(Ctx& c, double value, const ir::SymShape& shape, DataType type) {
  return c.net("fill", {}, {{"dims", shape}, {"to", type}, {"value", value}});
}

ir::Value* per_channel(Ctx& c, ir::Value* x, size_t rank) {
  ir::SymShape shape(rank, ir::SymDim(1));
  if (rank > 1) shape[1] = x->type.shape.at(0);
  return reshape(c, x, shape);
}

}  // namespace tenon::convert
