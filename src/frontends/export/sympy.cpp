// SPDX-License-Identifier: Apache-2.0
// Grammar: expr := name '(' [arg {',' arg}] ')' | name | number | string, arg := [name '='] expr.
// Known functions are evaluated while reading. Torch rounds with CeilToInt(IntTrueDiv(a, b)) and
// the like, so a quotient is a value of its own until a rounding function takes it.
#include "frontends/export/sympy.h"

#include <charconv>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontends/export/export.h"

namespace tenon::frontends {
namespace {

using ir::SymDim;

constexpr int kMaxDepth = 64;
constexpr size_t kMaxText = 1 << 16;
constexpr int64_t kMaxExponent = 8;

/// The expression is well formed but not one of ours; ends the reading.
struct Unknown {
  std::string reason;
};

/// An integer expression, or a quotient of two (divisor set), or a literal without a value.
struct Term {
  SymDim value;
  std::optional<SymDim> divisor;
  std::string text;  // of a string or keyword literal
  bool literal = false;
};

using Terms = std::vector<Term>;

const SymDim& integer(const Term& t, const std::string& function) {
  if (t.literal) throw Unknown{function + " of '" + t.text + "'"};
  if (t.divisor) throw Unknown{"a true division inside " + function};
  return t.value;
}

SymDim power(const SymDim& base, const SymDim& exponent) {
  if (!exponent.is_const() || exponent.value() < 0 || exponent.value() > kMaxExponent) {
    throw Unknown{"the power " + exponent.str() + " (only 0 to " + std::to_string(kMaxExponent) +
                  " can be expressed)"};
  }
  SymDim product = 1;
  for (int64_t i = 0; i < exponent.value(); ++i) product = product * base;
  return product;
}

SymDim shift_factor(const SymDim& bits) {
  if (!bits.is_const() || bits.value() < 0 || bits.value() > 62) {
    throw Unknown{"a shift by " + bits.str()};
  }
  return int64_t{1} << bits.value();
}

/// Functions of exactly two integers.
using Binary = SymDim (*)(const SymDim&, const SymDim&);
const std::unordered_map<std::string, Binary>& binary_functions() {
  static const std::unordered_map<std::string, Binary> table = {
      {"FloorDiv", [](const SymDim& a, const SymDim& b) { return a.floordiv(b); }},
      {"CleanDiv", [](const SymDim& a, const SymDim& b) { return a.floordiv(b); }},
      {"CeilDiv", [](const SymDim& a, const SymDim& b) { return a.ceildiv(b); }},
      {"Mod", [](const SymDim& a, const SymDim& b) { return a.mod(b); }},
      {"PythonMod", [](const SymDim& a, const SymDim& b) { return a.mod(b); }},
      {"Pow", power},
      {"PowByNatural", power},
      {"LShift", [](const SymDim& a, const SymDim& b) { return a * shift_factor(b); }},
      {"RShift", [](const SymDim& a, const SymDim& b) { return a.floordiv(shift_factor(b)); }},
  };
  return table;
}

/// Functions of one or more integers, folded from the left.
const std::unordered_map<std::string, Binary>& folding_functions() {
  static const std::unordered_map<std::string, Binary> table = {
      {"Add", [](const SymDim& a, const SymDim& b) { return a + b; }},
      {"Mul", [](const SymDim& a, const SymDim& b) { return a * b; }},
      {"Max", [](const SymDim& a, const SymDim& b) { return SymDim::max(a, b); }},
      {"Min", [](const SymDim& a, const SymDim& b) { return SymDim::min(a, b); }},
  };
  return table;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    TENON_CHECK(text.size() <= kMaxText, "size expression of ", text.size(),
                " bytes, want at most ", kMaxText);
  }

  SymDim run() {
    const Term t = expression(0);
    skip_space();
    if (at_ != text_.size()) fail("the end");
    return integer(t, "the whole expression");
  }

 private:
  [[noreturn]] void fail(const char* wanted) const {
    const std::string shown(text_.substr(0, 200));
    throw Error(
        detail::concat("size expression '", shown, "', column ", at_ + 1, ": want ", wanted));
  }
  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }
  std::string word() {
    skip_space();
    const size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  Term number() {
    int64_t value = 0;
    const char* begin = text_.data() + at_;
    auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc()) fail("an integer of 64 bits");
    at_ += static_cast<size_t>(end - begin);
    return {value, {}, {}, false};
  }

  Term quoted() {
    const size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos) fail("a closing quote");
    Term t{0, {}, std::string(text_.substr(at_, end - at_)), true};
    at_ = end + 1;
    return t;
  }

  Term expression(int depth) {
    if (depth > kMaxDepth) fail("less deep nesting");
    skip_space();
    if (at_ >= text_.size()) fail("an expression");
    const char c = text_[at_];
    if (take('\'')) return quoted();
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    const std::string name = word();
    if (name.empty()) fail("an expression");
    if (!take('(')) return {0, {}, name, true};
    return call(name, arguments(depth));
  }

  Terms arguments(int depth) {
    Terms list;
    if (take(')')) return list;
    do {
      const size_t begin = at_;
      const std::string keyword = word();
      const bool named = !keyword.empty() && take('=');
      if (!named) at_ = begin;
      Term t = expression(depth + 1);
      if (!named)
        list.push_back(std::move(t));  // assumptions such as positive=True say nothing new
    } while (take(','));
    if (!take(')')) fail("',' or ')'");
    return list;
  }

  void want(const std::string& name, const Terms& args, size_t count) const {
    if (args.size() != count) {
      fail(detail::concat(count, " arguments of ", name, ", not ", args.size()).c_str());
    }
  }

  Term call(const std::string& name, const Terms& args) {
    if (name == "Symbol") {
      want(name, args, 1);
      if (!args[0].literal) fail("a quoted symbol name");
      return {SymDim::symbol(args[0].text), {}, {}, false};
    }
    if (name == "Float") return whole_float(args);
    if (auto it = folding_functions().find(name); it != folding_functions().end()) {
      if (args.empty()) fail("an argument");
      SymDim sum = integer(args[0], name);
      for (size_t i = 1; i < args.size(); ++i) sum = it->second(sum, integer(args[i], name));
      return {sum, {}, {}, false};
    }
    if (auto it = binary_functions().find(name); it != binary_functions().end()) {
      want(name, args, 2);
      return {it->second(integer(args[0], name), integer(args[1], name)), {}, {}, false};
    }
    return call_other(name, args);
  }

  /// Float('2.0', precision=53): torch multiplies sizes by scale factors.
  Term whole_float(const Terms& args) const {
    if (args.empty() || !args[0].literal) fail("a quoted number");
    const std::string& text = args[0].text;
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
    const bool whole = error == std::errc() &&
                       (rest.empty() || (rest[0] == '.' &&
                                         rest.find_first_not_of("0", 1) == std::string_view::npos));
    if (!whole) throw Unknown{"the fraction " + text};
    return {value, {}, {}, false};
  }

  Term call_other(const std::string& name, const Terms& args) const {
    if (name == "Integer" || name == "Identity" || name == "ToFloat") {
      want(name, args, 1);
      return {integer(args[0], name), {}, {}, false};
    }
    if (name == "IntTrueDiv" || name == "FloatTrueDiv") {
      want(name, args, 2);
      return {integer(args[0], name), integer(args[1], name), {}, false};
    }
    if (name == "CeilToInt" || name == "FloorToInt" || name == "TruncToInt") {
      want(name, args, 1);
      return round(name, args[0]);
    }
    if (name == "ModularIndexing") {
      want(name, args, 3);
      const SymDim quotient = integer(args[0], name).floordiv(integer(args[1], name));
      return {quotient.mod(integer(args[2], name)), {}, {}, false};
    }
    throw Unknown{"the function " + name};
  }

  static Term round(const std::string& name, const Term& t) {
    if (!t.divisor) return {integer(t, name), {}, {}, false};
    if (name == "CeilToInt") return {t.value.ceildiv(*t.divisor), {}, {}, false};
    if (name == "FloorToInt") return {t.value.floordiv(*t.divisor), {}, {}, false};
    throw Unknown{"a division rounded towards zero"};
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Support read_sympy(std::string_view srepr, SymDim* size) {
  try {
    *size = Reader(srepr).run();
    return Support::yes();
  } catch (const Unknown& u) {
    return Support::no("a size uses " + u.reason);
  }
}

SymDim parse_sympy(std::string_view srepr) {
  SymDim size;
  const Support s = read_sympy(srepr, &size);
  TENON_CHECK(s, "size expression '", srepr.substr(0, 200), "' has no translation: ", s.reason());
  return size;
}

}  // namespace tenon::frontends
