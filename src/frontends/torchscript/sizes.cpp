// SPDX-License-Identifier: Apache-2.0
// Facts about tensors (shape, rank, dtype, ...), and arithmetic and comparisons on sizes that are
// expressions. A comparison has an answer if it is the same over the whole range.
#include <ATen/core/jit_type.h>

#include <algorithm>

#include "base/error.h"
#include "frontends/torchscript/interpreter.h"
#include "frontends/torchscript/types.h"

namespace tenon::torchscript {
namespace {

namespace jit = torch::jit;
using ir::SymDim;
using Values = std::vector<c10::IValue>;
using Answer = std::optional<c10::IValue>;

// ---- facts

Answer dims_of(const ir::Type& type, const Values& a) {
  if (a.size() > 1) {
    if (!a[1].isInt()) return std::nullopt;
    const auto rank = static_cast<int64_t>(type.shape.size());
    const int64_t axis = a[1].toInt() < 0 ? a[1].toInt() + rank : a[1].toInt();
    TENON_CHECK(0 <= axis && axis < rank, "size of dimension ", a[1].toInt(), " of a tensor with ",
                rank, " dimensions");
    return size_leaf(type.shape[static_cast<size_t>(axis)]);
  }
  c10::impl::GenericList list(c10::IntType::get());
  for (const SymDim& d : type.shape) list.push_back(size_leaf(d));
  return list;
}

Answer fact(const std::string& op, const ir::Type& type, const Values& a) {
  const auto dtype = scalar_type(type.dtype);
  if (op == "aten::size" || op == "aten::size.int" || op == "aten::sym_size.int" ||
      op == "prim::shape")
    return dims_of(type, a);
  if (op == "aten::dim" || op == "prim::ndim")
    return c10::IValue(static_cast<int64_t>(type.shape.size()));
  if (op == "aten::len.Tensor" && !type.shape.empty()) return size_leaf(type.shape[0]);
  if (op == "aten::numel" || op == "aten::sym_numel") return size_leaf(ir::volume(type.shape));
  if (op == "prim::dtype") return c10::IValue(static_cast<int64_t>(dtype));
  if (op == "aten::is_floating_point") return c10::IValue(at::isFloatingType(dtype));
  if (op == "aten::is_complex" || op == "prim::is_quantized" || op == "prim::is_sparse" ||
      op == "prim::is_mkldnn" || op == "prim::is_nested" || op == "prim::is_meta" ||
      op == "prim::requires_grad")
    return c10::IValue(false);
  return std::nullopt;
}

Answer device_fact(const std::string& op, c10::Device device) {
  if (op == "prim::device") return c10::IValue(device);
  if (op == "prim::is_cuda") return c10::IValue(device.is_cuda());
  if (op == "prim::is_cpu") return c10::IValue(device.is_cpu());
  return std::nullopt;
}

// ---- arithmetic

bool has_zero(const SymDim& d, const ir::SymRanges& ranges) {
  const auto b = d.bounds(ranges);
  return b.lo <= 0 && 0 <= b.hi;
}

std::optional<SymDim> arithmetic(const std::string& op, const SymDim& a, const SymDim& b,
                                 const ir::SymRanges& ranges) {
  if (op == "add") return a + b;
  if (op == "sub") return a - b;
  if (op == "rsub") return b - a;
  if (op == "mul") return a * b;
  if ((op == "floordiv" || op == "floor_divide") && !has_zero(b, ranges)) return a.floordiv(b);
  if (op == "remainder" && !has_zero(b, ranges)) return a.mod(b);
  if (op == "min") return SymDim::min(a, b);
  if (op == "max") return SymDim::max(a, b);
  return std::nullopt;
}

std::optional<bool> compare(const std::string& op, const SymDim& a, const SymDim& b,
                            const ir::SymRanges& ranges) {
  const auto d = (a - b).bounds(ranges);
  const auto decide = [](bool always, bool never) -> std::optional<bool> {
    if (always) return true;
    if (never) return false;
    return std::nullopt;
  };
  const bool zero = d.lo == 0 && d.hi == 0, apart = d.lo > 0 || d.hi < 0;
  if (op == "eq") return decide(zero, apart);
  if (op == "ne") return decide(apart, zero);
  if (op == "lt") return decide(d.hi < 0, d.lo >= 0);
  if (op == "le") return decide(d.hi <= 0, d.lo > 0);
  if (op == "gt") return decide(d.lo > 0, d.hi <= 0);
  if (op == "ge") return decide(d.lo >= 0, d.hi < 0);
  return std::nullopt;
}

std::optional<std::vector<SymDim>> size_list(const c10::IValue& v) {
  if (!v.isList()) return std::nullopt;
  std::vector<SymDim> out;
  for (const c10::IValue& e : v.toListRef()) {
    const auto size = as_size(e);
    if (!size) return std::nullopt;
    out.push_back(*size);
  }
  return out;
}

/// [a, b] == [c, d]
Answer compare_lists(const std::string& op, const Values& a, const ir::SymRanges& ranges) {
  if (a.size() != 2 || (op != "eq" && op != "ne")) return std::nullopt;
  const auto x = size_list(a[0]), y = size_list(a[1]);
  if (!x || !y) return std::nullopt;
  if (x->size() != y->size()) return c10::IValue(op == "ne");
  bool known = true;
  for (size_t i = 0; i < x->size(); ++i) {
    const auto equal = compare("eq", (*x)[i], (*y)[i], ranges);
    if (equal && !*equal) return c10::IValue(op == "ne");
    known = known && equal;
  }
  if (!known) return std::nullopt;
  return c10::IValue(op == "eq");
}

/// A size in a 0-d tensor, as traced programs calculate with them; or an integer constant of one.
std::optional<SymDim> as_size_tensor(const c10::IValue& v) {
  const Leaf* leaf = leaf_of(v);
  if (leaf && leaf->as_tensor) return leaf->size;
  if (v.isTensor() && v.toTensor().defined() && v.toTensor().dim() == 0 &&
      v.toTensor().scalar_type() == at::kLong)
    return SymDim(v.toTensor().item<int64_t>());
  return as_size(v);
}

bool is_tensor(const c10::IValue& v) {
  const Leaf* leaf = leaf_of(v);
  return v.isTensor() || (leaf && leaf->as_tensor);
}

Answer on_sizes(const std::string& op, const Values& a, const ir::SymRanges& ranges) {
  const auto x = as_size(a[0]);
  if (!x) return std::nullopt;
  if (a.size() == 1) {
    if (op == "neg") return size_leaf(-*x);
    if (op == "Int" || op == "floor" || op == "ceil") return size_leaf(*x);
    if (op == "NumToTensor") return size_tensor_leaf(*x);
    return std::nullopt;
  }
  const auto y = a.size() == 2 ? as_size(a[1]) : std::nullopt;
  if (!y) return std::nullopt;
  if (const auto result = arithmetic(op, *x, *y, ranges)) return size_leaf(*result);
  if (const auto result = compare(op, *x, *y, ranges)) return c10::IValue(*result);
  return std::nullopt;
}

Answer on_size_tensors(const std::string& op, const Values& a, const ir::SymRanges& ranges) {
  const auto x = as_size_tensor(a[0]);
  if (!x) return std::nullopt;
  if (a.size() == 1) {
    if (op == "Int" || op == "item" || op == "ScalarImplicit" || op == "IntImplicit")
      return size_leaf(*x);
    if (op == "detach" || op == "clone") return size_tensor_leaf(*x);
    return std::nullopt;
  }
  const auto y = as_size_tensor(a[1]);
  if (!y) return std::nullopt;
  // add(x, y, alpha), div(x, y, rounding_mode)
  const bool plain = a.size() == 2 || (a.size() == 3 && a[2].isInt() && a[2].toInt() == 1);
  const bool floor =
      op == "div" && a.size() == 3 && a[2].isString() && a[2].toStringRef() == "floor";
  if (!plain && !floor) return std::nullopt;
  const auto result = arithmetic(floor ? "floor_divide" : op, *x, *y, ranges);
  return result ? Answer(size_tensor_leaf(*result)) : std::nullopt;
}

bool has_leaf(const Values& a) {
  return std::any_of(a.begin(), a.end(), [](const c10::IValue& v) { return !is_known(v); });
}

}  // namespace

bool Interpreter::sizes(Node* node) {
  const auto* schema = node->maybeSchema();
  if (!schema || node->outputs().size() != 1 || node->inputs().empty()) return false;
  const Values a = inputs_of(node);
  if (!has_leaf(a)) return false;
  const std::string op = c10::toString(schema->operator_name());
  const std::string base = node->kind().toUnqualString();
  Answer answer;
  const Leaf* first = leaf_of(a[0]);
  if (first && first->value && first->value->type.kind == ir::Kind::kTensor) {
    answer = fact(op, first->value->type, a);
    // On a GPU a program may also have tensors on the CPU: there only inputs are sure.
    if (!answer && (reading_.device.is_cpu() || !first->value->producer()))
      answer = device_fact(op, reading_.device);
  }
  if (base == "__is__" || base == "__isnot__") {
    const bool none = a[0].isNone() || a[1].isNone();
    const Leaf* leaf = first ? first : leaf_of(a[1]);
    const bool decided = leaf && leaf->type && leaf->type->kind() != c10::TypeKind::OptionalType &&
                         leaf->type->kind() != c10::TypeKind::AnyType;
    if (none && decided) answer = c10::IValue(base == "__isnot__");
    // One value is one object; two may still be: x.contiguous() is x.
    const Leaf* second = leaf_of(a[1]);
    if (first && second && first->value && first->value == second->value)
      answer = c10::IValue(base == "__is__");
  }
  const ir::SymRanges& ranges = reading_.symbols;
  if (!answer) answer = on_sizes(base, a, ranges);
  if (!answer) answer = compare_lists(base, a, ranges);
  const bool tensors = std::any_of(a.begin(), a.end(), is_tensor);
  if (!answer && tensors) answer = on_size_tensors(base, a, ranges);
  if (!answer) return false;
  bind_one(node, std::move(*answer));
  return true;
}

}  // namespace tenon::torchscript
