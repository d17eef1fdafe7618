// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "base/half.h"
#include "ir/sym_poly.h"
#include "ir/text_attr.h"

namespace tenon::ir {
namespace {

constexpr size_t kMaxInline = 64;

template <typename T>
std::string shortest(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  TENON_ASSERT(error == std::errc());
  std::string text(buffer, end);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

template <typename T>
T load(const void* data, size_t i) {
  T value;
  std::memcpy(&value, static_cast<const char*>(data) + i * sizeof(T), sizeof(T));
  return value;
}

std::string element_text(DataType dtype, const void* data, size_t i) {
  switch (dtype) {
    case DataType::kFLOAT:
      return float_text(load<float>(data, i));
    case DataType::kDOUBLE:
      return float_text(load<double>(data, i));
    case DataType::kHALF:
      return float_text(half_to_float(load<uint16_t>(data, i)));
    case DataType::kBF16:
      return float_text(bf16_to_float(load<uint16_t>(data, i)));
    case DataType::kINT8:
      return std::to_string(load<int8_t>(data, i));
    case DataType::kUINT8:
      return std::to_string(load<uint8_t>(data, i));
    case DataType::kINT32:
      return std::to_string(load<int32_t>(data, i));
    case DataType::kINT64:
      return std::to_string(load<int64_t>(data, i));
    case DataType::kBOOL:
      return load<uint8_t>(data, i) ? "true" : "false";
    default:
      break;
  }
  TENON_ASSERT(false, "no text form for elements of type ", name_of(dtype));
}

bool spellable(const Constant& c) {
  if (c.dtype == DataType::kFP8 || c.dtype == DataType::kINT4) return false;
  if (!c.has_data() || !c.format.empty()) return false;
  const size_t width = size_of(c.dtype);
  return c.bytes % width == 0 && c.bytes / width <= kMaxInline;
}

template <typename T>
void append(std::vector<char>* out, T value) {
  const auto* p = reinterpret_cast<const char*>(&value);
  out->insert(out->end(), p, p + sizeof(T));
}

template <typename T>
T parse_number(TextCursor& in) {
  std::string_view text = in.number();
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    in.fail(detail::concat("'", text, "' is not a value of the constant's type"));
  }
  return value;
}

uint8_t parse_bool(TextCursor& in) {
  if (in.accept_word("true")) return 1;
  if (!in.accept_word("false")) in.fail_wanted("true or false");
  return 0;
}

void parse_element(TextCursor& in, DataType dtype, std::vector<char>* out) {
  switch (dtype) {
    case DataType::kFLOAT:
      return append(out, parse_number<float>(in));
    case DataType::kDOUBLE:
      return append(out, parse_number<double>(in));
    case DataType::kHALF:
      return append(out, float_to_half(parse_number<float>(in)));
    case DataType::kBF16:
      return append(out, float_to_bf16(parse_number<float>(in)));
    case DataType::kINT8:
      return append(out, parse_number<int8_t>(in));
    case DataType::kUINT8:
      return append(out, parse_number<uint8_t>(in));
    case DataType::kINT32:
      return append(out, parse_number<int32_t>(in));
    case DataType::kINT64:
      return append(out, parse_number<int64_t>(in));
    case DataType::kBOOL:
      return append(out, parse_bool(in));
    default:
      in.fail(detail::concat("constants of type ", name_of(dtype), " have no text form"));
  }
}

std::shared_ptr<Constant> shaped_constant(TextCursor& in, DataType dtype, const SymShape& shape) {
  auto c = std::make_shared<Constant>();
  c->dtype = dtype;
  int64_t count = 1;
  for (const SymDim& d : shape) {
    if (!d.is_const() || d.value() < 0) in.fail("the sizes of a constant must be numbers");
    c->shape.push_back(d.value());
    if (__builtin_mul_overflow(count, d.value(), &count)) in.fail("the constant is too large");
  }
  const auto width = static_cast<int64_t>(size_of(dtype));
  if (__builtin_mul_overflow(count, width, &count)) in.fail("the constant is too large");
  c->bytes = static_cast<size_t>(count);
  return c;
}

}  // namespace

std::string float_text(double value) { return shortest(value); }
std::string float_text(float value) { return shortest(value); }

std::string constant_text(const Constant& c) {
  std::string text = name_of(c.dtype);
  text += "[";
  for (size_t i = 0; i < c.shape.size(); ++i) {
    text += (i ? ", " : "") + std::to_string(c.shape[i]);
  }
  text += "]{";
  if (!spellable(c)) return text + (c.format.empty() ? "?}" : "? " + quote(c.format) + "}");
  const auto data = c.materialise();
  const size_t count = c.bytes / size_of(c.dtype);
  for (size_t i = 0; i < count; ++i) {
    text += (i ? ", " : "") + element_text(c.dtype, data.get(), i);
  }
  return text + "}";
}

ConstantPtr parse_constant(TextCursor& in, DataType dtype) {
  auto constant = shaped_constant(in, dtype, in.shape());
  in.expect("{");
  if (in.accept("?")) {
    if (in.peek() == '"') constant->format = in.quoted();
    in.expect("}");
    return constant;
  }
  std::vector<char> bytes;
  if (!in.accept("}")) {
    do {
      parse_element(in, dtype, &bytes);
    } while (in.accept(","));
    in.expect("}");
  }
  if (bytes.size() != constant->bytes || size_of(dtype) == 0) {
    in.fail(detail::concat("the constant has ", bytes.size(), " bytes of values, its shape wants ",
                           constant->bytes));
  }
  return make_constant(dtype, constant->shape, bytes.data());
}

ConstantPtr probe_constant(TextCursor& in, const Type& type) {
  if (type.kind != Kind::kTensor) in.fail("a constant without data wants a tensor type");
  return shaped_constant(in, type.dtype, type.shape);
}

}  // namespace tenon::ir
