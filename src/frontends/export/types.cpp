// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/types.h"

#include "frontends/export/sympy.h"

namespace tenon::frontends {
namespace {

constexpr int64_t kStrided = 7;  // schema's Layout
constexpr size_t kMaxTensorRank = 64;

struct ScalarTypeInfo {
  int64_t number;
  const char* name;
  std::optional<DataType> type;
};

const ScalarTypeInfo kScalarTypes[] = {
    {1, "uint8", DataType::kUINT8},
    {2, "int8", DataType::kINT8},
    {3, "int16", {}},
    {4, "int32", DataType::kINT32},
    {5, "int64", DataType::kINT64},
    {6, "float16", DataType::kHALF},
    {7, "float32", DataType::kFLOAT},
    {8, "float64", DataType::kDOUBLE},
    {9, "complex32", {}},
    {10, "complex64", {}},
    {11, "complex128", {}},
    {12, "bool", DataType::kBOOL},
    {13, "bfloat16", DataType::kBF16},
    {28, "uint16", {}},
    {29, "float8_e4m3fn", DataType::kFP8},
    {30, "float8_e5m2", {}},
    {31, "float8_e4m3fnuz", {}},
    {32, "float8_e5m2fnuz", {}},
};

const ScalarTypeInfo* find_scalar_type(int64_t number) {
  for (const auto& info : kScalarTypes) {
    if (info.number == number) return &info;
  }
  return nullptr;
}

TypeAnswer other(std::string reason) {
  TypeAnswer answer{{}, std::move(reason)};
  answer.type.kind = ir::Kind::kOther;
  return answer;
}

}  // namespace

std::optional<DataType> scalar_type(int64_t number) {
  const auto* info = find_scalar_type(number);
  return info ? info->type : std::nullopt;
}

std::string scalar_type_name(int64_t number) {
  const auto* info = find_scalar_type(number);
  return info ? info->name : "type number " + std::to_string(number);
}

SizeAnswer TypeReader::read(const JsonRef& sym_int) {
  const auto [kind, value] = sym_int.single();
  if (kind == "as_int") return {value.integer(), {}};
  if (kind != "as_expr") sym_int.fail("is a size of kind '", kind, "', want as_int or as_expr");
  const JsonRef text = value.at("expr_str");
  auto [it, fresh] = parsed_.try_emplace(text.string());
  if (fresh) {
    with_frame([&] { return "in " + text.path(); },
               [&] {
                 if (auto s = read_sympy(text.string(), &it->second.size); !s)
                   it->second.reason = s.reason();
               });
  }
  return it->second;
}

SizeAnswer TypeReader::check_symbols(SizeAnswer answer) const {
  if (!answer.reason.empty() || answer.size.is_const()) return answer;
  std::set<std::string> used;
  answer.size.collect_symbols(used);
  for (const auto& symbol : used) {
    if (!symbols_.count(symbol)) return {0, "data-dependent size " + symbol};
  }
  return answer;
}

std::vector<JsonRef> TypeReader::dims_of(const std::string& name) {
  const JsonRef sizes = tensors_.at(name).at("sizes");
  std::vector<JsonRef> dims = sizes.items();
  if (dims.size() > kMaxTensorRank)
    sizes.fail("has ", dims.size(), " dimensions, want at most ", kMaxTensorRank);
  return dims;
}

void TypeReader::define_symbols(const std::string& name, bool tensor,
                                std::unordered_map<std::string, int64_t>* hints) {
  for (const JsonRef& dim : tensor ? dims_of(name) : std::vector<JsonRef>{sizes_.at(name)}) {
    const SizeAnswer answer = read(dim);
    answer.size.collect_symbols(symbols_);
    const std::string symbol = answer.size.as_symbol();
    if (symbol.empty()) continue;
    const auto hint = dim.at("as_expr").find("hint");
    if (!hint) continue;
    const auto [kind, value] = hint->single();
    if (kind == "as_int") hints->emplace(symbol, value.integer());
  }
}

TypeAnswer TypeReader::tensor(const std::string& name, const JsonRef& where) {
  const auto meta = tensors_.find(name);
  if (!meta) where.fail("names tensor '", name, "', which tensor_values does not describe");
  const int64_t dtype = meta->at("dtype").integer();
  const auto type = scalar_type(dtype);
  if (!type) return other("tensors of " + scalar_type_name(dtype) + " stay in PyTorch");
  if (const int64_t layout = meta->at("layout").integer(); layout != kStrided) {
    return other("a sparse or opaque tensor layout (number " + std::to_string(layout) + ")");
  }
  TypeAnswer answer{{ir::Kind::kTensor, *type, {}, {}}, {}};
  for (const JsonRef& dim : dims_of(name)) {
    SizeAnswer size = check_symbols(read(dim));
    if (!size.reason.empty()) return other(size.reason);
    if (size.size.is_const() && size.size.value() < 0) {
      dim.fail("is the size ", size.size.value(), ", want 0 or more");
    }
    answer.type.shape.push_back(std::move(size.size));
  }
  return answer;
}

SizeAnswer TypeReader::size(const std::string& name, const JsonRef& where) {
  const auto value = sizes_.find(name);
  if (!value) where.fail("names size '", name, "', which sym_int_values does not describe");
  return check_symbols(read(*value));
}

}  // namespace tenon::frontends
