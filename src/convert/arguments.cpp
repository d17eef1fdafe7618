// SPDX-License-Identifier: Apache-2.0
// Argument access of Ctx. Frontends write lists of sizes as ints where all are numbers, and numbers
// as int, float or bool as the program spelled them, so every accessor takes each spelling.
#include <algorithm>

#include "convert/converter.h"

namespace tenon::convert {
namespace {

bool is_none(const ir::Attr& a) {
  if (const auto* ref = std::get_if<ir::Ref>(&a)) return ref->input < 0;
  return std::holds_alternative<std::monostate>(a);
}

std::optional<double> as_number(const ir::Attr& a) {
  if (const auto* i = std::get_if<int64_t>(&a)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&a)) return *d;
  if (const auto* b = std::get_if<bool>(&a)) return *b ? 1.0 : 0.0;
  const auto* s = std::get_if<ir::SymDim>(&a);
  if (s && s->is_const()) return static_cast<double>(s->value());
  return std::nullopt;
}

std::optional<ir::SymDim> as_size(const ir::Attr& a) {
  if (const auto* i = std::get_if<int64_t>(&a)) return ir::SymDim(*i);
  if (const auto* s = std::get_if<ir::SymDim>(&a)) return *s;
  return std::nullopt;
}

/// Empty lists come in any element type.
template <typename T>
bool empty_list(const ir::Attr& a) {
  const auto* list = std::get_if<std::vector<T>>(&a);
  return list && list->empty();
}
bool empty_list(const ir::Attr& a) {
  return empty_list<double>(a) || empty_list<bool>(a) || empty_list<std::string>(a) ||
         empty_list<ir::Ref>(a);
}

std::optional<std::vector<ir::SymDim>> as_sizes(const ir::Attr& a) {
  if (const auto* list = std::get_if<std::vector<ir::SymDim>>(&a)) return *list;
  if (const auto* list = std::get_if<std::vector<int64_t>>(&a))
    return std::vector<ir::SymDim>(list->begin(), list->end());
  if (const auto one = as_size(a)) return std::vector<ir::SymDim>{*one};
  if (empty_list(a)) return std::vector<ir::SymDim>{};
  return std::nullopt;
}

/// torch's ScalarType numbers, as TorchScript graphs spell dtypes.
std::optional<DataType> scalar_type(int64_t number) {
  switch (number) {
    case 0:
      return DataType::kUINT8;
    case 1:
      return DataType::kINT8;
    case 3:
      return DataType::kINT32;
    case 4:
      return DataType::kINT64;
    case 5:
      return DataType::kHALF;
    case 6:
      return DataType::kFLOAT;
    case 7:
      return DataType::kDOUBLE;
    case 11:
      return DataType::kBOOL;
    case 15:
      return DataType::kBF16;
    default:
      return std::nullopt;
  }
}

}  // namespace

const ir::Attr* Ctx::arg(const ir::Node& n, const char* name) const {
  const ir::Attr* a = n.find(name);
  return a && !is_none(*a) ? a : nullptr;
}

bool Ctx::has(const ir::Node& n, const char* name) const { return arg(n, name) != nullptr; }

ir::Value* Ctx::resolve(const ir::Node& n, const char* name, ir::Ref ref) const {
  const ir::Value* v = n.input(static_cast<size_t>(ref.input));
  TENON_ASSERT(v, "in ", ir::describe(n), ": argument ", name, " refers to input ", ref.input);
  require(v->type.kind == ir::Kind::kTensor, "argument ", name, " (%", v->name,
          ") is not a tensor");
  const auto it = values.find(v);
  require(it != values.end(), "argument ", name, " (%", v->name, ") is a result that ",
          v->producer() ? v->producer()->op : "the program", " does not give in an engine");
  return it->second;
}

ir::Value* Ctx::tensor_or_null(const ir::Node& n, const char* name) const {
  const ir::Attr* a = arg(n, name);
  if (!a) return nullptr;
  const auto* ref = std::get_if<ir::Ref>(a);
  require(ref != nullptr, "argument ", name, " is ", ir::str(*a), ", wanted a tensor");
  return resolve(n, name, *ref);
}

ir::Value* Ctx::tensor(const ir::Node& n, const char* name) const {
  ir::Value* v = tensor_or_null(n, name);
  require(v != nullptr, "argument ", name, " is None, wanted a tensor");
  return v;
}

std::vector<ir::Value*> Ctx::tensors(const ir::Node& n, const char* name) const {
  const ir::Attr* a = arg(n, name);
  if (!a || empty_list<int64_t>(*a)) return {};
  const auto* refs = std::get_if<std::vector<ir::Ref>>(a);
  require(refs != nullptr, "argument ", name, " is ", ir::str(*a), ", wanted a list of tensors");
  std::vector<ir::Value*> out;
  for (const ir::Ref& r : *refs) out.push_back(r.input < 0 ? nullptr : resolve(n, name, r));
  return out;
}

int64_t Ctx::integer(const ir::Node& n, const char* name) const {
  const ir::Attr* a = arg(n, name);
  require(a != nullptr, "argument ", name, " is missing");
  if (const auto* b = std::get_if<bool>(a)) return *b;
  const auto s = as_size(*a);
  require(s && s->is_const(), "argument ", name, " is ", ir::str(*a), ", wanted a fixed integer");
  return s->value();
}

int64_t Ctx::integer(const ir::Node& n, const char* name, int64_t fallback) const {
  return has(n, name) ? integer(n, name) : fallback;
}

double Ctx::number(const ir::Node& n, const char* name) const {
  const ir::Attr* a = arg(n, name);
  require(a != nullptr, "argument ", name, " is missing");
  const auto v = as_number(*a);
  require(v.has_value(), "argument ", name, " is ", ir::str(*a), ", wanted a fixed number");
  return *v;
}

double Ctx::number(const ir::Node& n, const char* name, double fallback) const {
  return has(n, name) ? number(n, name) : fallback;
}

bool Ctx::boolean(const ir::Node& n, const char* name, bool fallback) const {
  return has(n, name) ? integer(n, name) != 0 : fallback;
}

std::string Ctx::string(const ir::Node& n, const char* name, const std::string& fallback) const {
  const ir::Attr* a = arg(n, name);
  if (!a) return fallback;
  const auto* s = std::get_if<std::string>(a);
  require(s != nullptr, "argument ", name, " is ", ir::str(*a), ", wanted a string");
  return *s;
}

std::optional<DataType> Ctx::dtype(const ir::Node& n, const char* name) const {
  const ir::Attr* a = arg(n, name);
  if (!a) return std::nullopt;
  if (const auto* t = std::get_if<DataType>(a)) return *t;
  const auto* number = std::get_if<int64_t>(a);
  const auto type = number ? scalar_type(*number) : std::nullopt;
  require(type.has_value(), name, " ", ir::str(*a), " is not a supported dtype");
  return type;
}

std::vector<int64_t> Ctx::ints(const ir::Node& n, const char* name,
                               std::vector<int64_t> fallback) const {
  const ir::Attr* a = arg(n, name);
  if (!a) return fallback;
  const auto list = as_sizes(*a);
  require(list.has_value(), "argument ", name, " is ", ir::str(*a), ", wanted integers");
  std::vector<int64_t> out;
  for (const ir::SymDim& d : *list) {
    require(d.is_const(), "argument ", name, " depends on the input's shape (", d.str(), ")");
    out.push_back(d.value());
  }
  return out;
}

ir::SymDim Ctx::size(const ir::Node& n, const char* name) const {
  const ir::Attr* a = arg(n, name);
  require(a != nullptr, "argument ", name, " is missing");
  const auto s = as_size(*a);
  require(s.has_value(), "argument ", name, " is ", ir::str(*a), ", wanted a size");
  return *s;
}

ir::SymDim Ctx::size(const ir::Node& n, const char* name, ir::SymDim fallback) const {
  return has(n, name) ? size(n, name) : fallback;
}

std::vector<ir::SymDim> Ctx::sizes(const ir::Node& n, const char* name) const {
  const ir::Attr* a = arg(n, name);
  require(a != nullptr, "argument ", name, " is missing");
  auto list = as_sizes(*a);
  require(list.has_value(), "argument ", name, " is ", ir::str(*a), ", wanted sizes");
  return *list;
}

int64_t Ctx::axis(const ir::Node& n, const char* name, size_t rank) const {
  return net::wrap_axis(integer(n, name), std::max<size_t>(rank, 1));  // 0-d: 0 and -1 are legal
}

std::vector<int64_t> Ctx::axes(const ir::Node& n, const char* name, size_t rank) const {
  std::vector<int64_t> list = ints(n, name);
  for (int64_t& a : list) a = net::wrap_axis(a, std::max<size_t>(rank, 1));
  std::sort(list.begin(), list.end());
  require(std::adjacent_find(list.begin(), list.end()) == list.end(), "argument ", name,
          " names a dimension twice");
  return list;
}

}  // namespace tenon::convert
