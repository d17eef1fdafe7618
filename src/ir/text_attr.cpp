// SPDX-License-Identifier: Apache-2.0
#include "ir/text_attr.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tenon::ir {
namespace {

constexpr std::array kDataTypes = {DataType::kFLOAT, DataType::kHALF,  DataType::kINT8,
                                   DataType::kINT32, DataType::kBOOL,  DataType::kUINT8,
                                   DataType::kFP8,   DataType::kBF16,  DataType::kINT64,
                                   DataType::kINT4,  DataType::kDOUBLE};

std::string text_of(std::monostate) { return "none"; }
std::string text_of(bool v) { return v ? "true" : "false"; }
std::string text_of(int64_t v) { return std::to_string(v); }
std::string text_of(double v) { return float_text(v); }
std::string text_of(const std::string& v) { return quote(v); }
std::string text_of(DataType v) { return name_of(v); }
std::string text_of(const SymDim& v) { return "<" + v.str() + ">"; }
std::string text_of(Ref v) { return v.input < 0 ? "$none" : "$" + std::to_string(v.input); }
std::string text_of(const ConstantPtr& v) { return v ? constant_text(*v) : "none"; }

// An empty list needs its kind spelled out.
const char* kind_of(const std::vector<int64_t>&) { return "ints"; }
const char* kind_of(const std::vector<double>&) { return "floats"; }
const char* kind_of(const std::vector<bool>&) { return "bools"; }
const char* kind_of(const std::vector<std::string>&) { return "strings"; }
const char* kind_of(const std::vector<SymDim>&) { return "sizes"; }
const char* kind_of(const std::vector<Ref>&) { return "refs"; }

template <typename T>
std::string text_of(const std::vector<T>& list) {
  if (list.empty()) return std::string(kind_of(list)) + "[]";
  std::string text = "[";
  for (size_t i = 0; i < list.size(); ++i) {
    text += (i ? ", " : "") + text_of(static_cast<const T&>(list[i]));
  }
  return text + "]";
}

bool empty_list(std::string_view kind, Attr* attr) {
  if (kind == "ints")
    *attr = std::vector<int64_t>();
  else if (kind == "floats")
    *attr = std::vector<double>();
  else if (kind == "bools")
    *attr = std::vector<bool>();
  else if (kind == "strings")
    *attr = std::vector<std::string>();
  else if (kind == "sizes")
    *attr = std::vector<SymDim>();
  else if (kind == "refs")
    *attr = std::vector<Ref>();
  else
    return false;
  return true;
}

Attr parse_number(TextCursor& in) {
  std::string_view text = in.number();
  const char *begin = text.data(), *end = begin + text.size();
  const bool whole = text.find_first_not_of("-0123456789") == std::string_view::npos;
  int64_t integer = 0;
  double real = 0;
  auto [stop, error] =
      whole ? std::from_chars(begin, end, integer) : std::from_chars(begin, end, real);
  if (error == std::errc::result_out_of_range) {
    in.fail(detail::concat("the number ", text, " does not fit 64 bits"));
  }
  if (error != std::errc() || stop != end) in.fail(detail::concat("'", text, "' is not a number"));
  return whole ? Attr(integer) : Attr(real);
}

Ref parse_ref(TextCursor& in) {
  in.expect("$");
  if (in.accept_word("none")) return Ref{};
  const int64_t i = in.integer();
  if (i < 0 || i > INT32_MAX) in.fail("a reference wants the number of an input");
  return Ref{static_cast<int>(i)};
}

SymDim parse_size(TextCursor& in) {
  in.expect("<");
  SymDim size = in.size(">");
  in.expect(">");
  return size;
}

/// Whatever begins with a letter.
Attr parse_word(TextCursor& in) {
  const std::string_view word = in.word();
  DataType dtype;
  Attr list;
  if (word == "none") return std::monostate();
  if (word == "true") return true;
  if (word == "false") return false;
  if (word == "inf") return std::numeric_limits<double>::infinity();
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (dtype_from_name(word, &dtype)) {
    return in.peek() == '[' ? Attr(parse_constant(in, dtype)) : Attr(dtype);
  }
  if (!empty_list(word, &list)) in.fail(detail::concat("'", word, "' is not an attribute value"));
  in.expect("[");
  in.expect("]");
  return list;
}

Attr parse_scalar(TextCursor& in) {
  const char c = in.peek();
  if (c == '"') return in.quoted();
  if (c == '<') return parse_size(in);
  if (c == '$') return parse_ref(in);
  if (c == '-' || (c >= '0' && c <= '9')) return parse_number(in);
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return parse_word(in);
  in.fail_wanted("an attribute value");
}

template <typename T>
bool gather(TextCursor& in, const std::vector<Attr>& items, Attr* out) {
  if (!std::holds_alternative<T>(items[0])) return false;
  std::vector<T> list;
  list.reserve(items.size());
  for (const Attr& item : items) {
    const T* value = std::get_if<T>(&item);
    if (!value) in.fail("a list holds values of one kind only");
    list.push_back(*value);
  }
  *out = std::move(list);
  return true;
}

Attr parse_list(TextCursor& in) {
  in.expect("[");
  if (in.peek() == ']') in.fail("an empty list wants its kind before it, such as ints[]");
  std::vector<Attr> items;
  do {
    items.push_back(parse_scalar(in));
  } while (in.accept(","));
  in.expect("]");
  Attr list;
  const bool known = gather<int64_t>(in, items, &list) || gather<double>(in, items, &list) ||
                     gather<bool>(in, items, &list) || gather<std::string>(in, items, &list) ||
                     gather<SymDim>(in, items, &list) || gather<Ref>(in, items, &list);
  if (!known) in.fail("a list cannot hold values of this kind");
  return list;
}

ConstantPtr parse_numbered(TextCursor& in, const std::vector<ConstantPtr>& constants) {
  in.expect("#");
  const int64_t k = in.integer();
  if (k < 0 || static_cast<uint64_t>(k) >= constants.size() || !constants[k]) {
    in.fail(detail::concat("constant #", k, " is not there, ", constants.size(), " are"));
  }
  return constants[k];
}

}  // namespace

std::string str(const Attr& attr) {
  return std::visit([](const auto& v) { return text_of(v); }, attr);
}

bool dtype_from_name(std::string_view name, DataType* dtype) {
  auto it = std::find_if(kDataTypes.begin(), kDataTypes.end(),
                         [&](DataType t) { return name == name_of(t); });
  if (it == kDataTypes.end()) return false;
  *dtype = *it;
  return true;
}

Type parse_type(TextCursor& in) {
  Type type;
  if (in.accept_word("other")) {
    type.kind = Kind::kOther;
  } else if (in.accept_word("size")) {
    type.kind = Kind::kSize;
    type.size = parse_size(in);
  } else {
    const std::string_view name = in.word();
    if (!dtype_from_name(name, &type.dtype)) {
      in.fail(detail::concat("'", name, "' is not a type; wanted f32, i64, ..., size or other"));
    }
    type.shape = in.shape();
  }
  return type;
}

Attr parse_attr(TextCursor& in, const std::vector<ConstantPtr>& constants, const Type* type) {
  switch (in.peek()) {
    case '[':
      return parse_list(in);
    case '#':
      return parse_numbered(in, constants);
    case '?':
      in.expect("?");
      if (!type) in.fail("'?' wants a node with an output");
      return probe_constant(in, *type);
    default:
      return parse_scalar(in);
  }
}

}  // namespace tenon::ir
