// SPDX-License-Identifier: Apache-2.0
// Text form of SymDim. Grammar of parse(), loosest first:
//   sum = product (("+" | "-") product)*     product = unary (("*" | "//" | "%") unary)*
//   unary = "-" unary | primary
//   primary = number | symbol | "(" sum ")" | (floordiv | mod | max | min) "(" sum "," sum ")"
#include "ir/sym_poly.h"

namespace tenon::ir {
namespace {

constexpr size_t kMaxSymText = 1 << 17;  // str() of the largest expression fits
constexpr int kMaxNesting = 2 * SymPoly::kMaxDepth;

std::string atom_text(const SymAtom& atom) {
  static constexpr const char* kNames[] = {"", "floordiv", "mod", "max", "min"};
  if (atom.kind == SymAtom::Kind::kSymbol) return atom.name;
  return std::string(kNames[static_cast<int>(atom.kind)]) + "(" + atom.a.str() + ", " +
         atom.b.str() + ")";
}

/// "+ x" or "- x" after other terms, "x" or "-x" as the first one.
void append_signed(std::string* out, int64_t value, bool with_number, const std::string& factors) {
  const bool negative = value < 0 && value != INT64_MIN;  // the lowest has no positive spelling
  if (!out->empty()) {
    *out += negative ? " - " : " + ";
  } else if (negative) {
    *out += "-";
  }
  const int64_t shown = negative ? -value : value;
  if (with_number || shown != 1) {
    *out += std::to_string(shown);
    if (!factors.empty()) *out += "*";
  }
  *out += factors;
}

class SymParser {
 public:
  explicit SymParser(std::string_view text) : text_(text) {}

  SymDim parse() {
    TENON_CHECK(text_.size() <= kMaxSymText, "size expression of ", text_.size(),
                " characters: at most ", kMaxSymText, " are allowed");
    SymDim result = sum();
    if (!at_end()) fail("end of the expression");
    return result;
  }

 private:
  [[noreturn]] void fail(const char* wanted) {
    skip_spaces();
    std::string seen =
        pos_ < text_.size() ? "'" + std::string(text_.substr(pos_, 12)) + "'" : "the end";
    throw Error(detail::concat("size expression, column ", pos_ + 1, ": wanted ", wanted,
                               ", found ", seen));
  }

  void skip_spaces() {
    while (pos_ < text_.size() && (text_[pos_] == ' ' || text_[pos_] == '\t')) ++pos_;
  }

  bool at_end() {
    skip_spaces();
    return pos_ == text_.size();
  }

  bool accept(std::string_view token) {
    skip_spaces();
    if (text_.substr(pos_, token.size()) != token) return false;
    pos_ += token.size();
    return true;
  }

  void expect(std::string_view token, const char* wanted) {
    if (!accept(token)) fail(wanted);
  }

  // Adding in pairs keeps a long sum from costing the square of its length.
  SymDim sum() {
    std::vector<SymDim> parts{product()};
    for (;;) {
      if (accept("+")) {
        parts.push_back(product());
      } else if (accept("-")) {
        parts.push_back(-product());
      } else {
        break;
      }
    }
    for (; parts.size() > 1; parts.resize((parts.size() + 1) / 2)) {
      for (size_t i = 0; i < parts.size(); i += 2) {
        parts[i / 2] = i + 1 < parts.size() ? parts[i] + parts[i + 1] : parts[i];
      }
    }
    return parts[0];
  }

  SymDim product() {
    SymDim result = unary();
    for (;;) {
      if (accept("*")) {
        result = result * unary();
      } else if (accept("//")) {
        result = result.floordiv(unary());
      } else if (accept("%")) {
        result = result.mod(unary());
      } else {
        return result;
      }
    }
  }

  SymDim unary() {
    bool negative = false;
    while (accept("-")) {
      if (pos_ < text_.size() && is_digit(text_[pos_])) {
        SymDim n = number(true);
        return negative ? -n : n;
      }
      negative = !negative;
    }
    SymDim result = primary();
    return negative ? -result : result;
  }

  SymDim primary() {
    skip_spaces();
    if (pos_ < text_.size() && is_digit(text_[pos_])) return number(false);
    if (accept("(")) {
      SymDim result = nested();
      expect(")", "')'");
      return result;
    }
    const std::string word = identifier();
    if (word == "floordiv") return call([](auto& a, auto& b) { return a.floordiv(b); });
    if (word == "mod") return call([](auto& a, auto& b) { return a.mod(b); });
    if (word == "max") return call([](auto& a, auto& b) { return SymDim::max(a, b); });
    if (word == "min") return call([](auto& a, auto& b) { return SymDim::min(a, b); });
    return SymDim::symbol(word);
  }

  template <typename Function>
  SymDim call(Function function) {
    expect("(", "'('");
    const SymDim a = nested();
    expect(",", "','");
    const SymDim b = nested();
    expect(")", "')'");
    return function(a, b);
  }

  SymDim nested() {
    if (depth_ >= kMaxNesting) fail("less nesting");
    ++depth_;
    SymDim result = sum();
    --depth_;
    return result;
  }

  std::string identifier() {
    const size_t begin = pos_;
    while (pos_ < text_.size() && is_word(text_[pos_])) ++pos_;
    if (pos_ == begin) fail("a number, a symbol or '('");
    return std::string(text_.substr(begin, pos_ - begin));
  }

  SymDim number(bool negative) {
    int64_t value = 0;
    for (; pos_ < text_.size() && is_digit(text_[pos_]); ++pos_) {
      const int digit = text_[pos_] - '0';
      value = checked_add(checked_mul(value, 10), negative ? -digit : digit);
    }
    return value;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
  }

  std::string_view text_;
  size_t pos_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string SymDim::str() const {
  if (!rep_) return std::to_string(value_);
  std::string out;
  for (const SymTerm& t : rep_->terms) {
    std::string factors;
    for (const SymAtomPtr& a : t.atoms) {
      if (!factors.empty()) factors += "*";
      factors += atom_text(*a);
    }
    append_signed(&out, t.coefficient, false, factors);
  }
  if (value_ != 0) append_signed(&out, value_, true, "");
  return out;
}

SymDim SymDim::parse(std::string_view text) { return SymParser(text).parse(); }

}  // namespace tenon::ir
