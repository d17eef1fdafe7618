// SPDX-License-Identifier: Apache-2.0
// Reading position in a text, shared by the parts of the graph parser. Views the text, which must
// outlive it. Every failure is an Error that begins with line and column. Not thread safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "ir/sym_dim.h"

namespace tenon::ir {

inline constexpr std::string_view kNameExtra = "_.", kOpExtra = "_.:";

class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : text_(text) {}

  bool at_end();
  /// Skips blanks, then consumes `token` if it is next.
  bool accept(std::string_view token);
  void expect(std::string_view token);
  /// Next character after blanks without consuming it; '\0' at the end.
  char peek();

  /// A run of letters, digits and any of `extra`; may be empty.
  std::string_view word(std::string_view extra = "_");
  /// As word(), but consumed only if it equals `wanted`.
  bool accept_word(std::string_view wanted);
  /// A word with dots (and colons, for ops), or a quoted string.
  std::string name(std::string_view extra = kNameExtra);
  /// A double-quoted string with escapes.
  std::string quoted();
  int64_t integer();
  /// A number's characters, or inf, -inf, nan.
  std::string_view number();
  /// A size expression that ends before one of `stops` outside parentheses.
  SymDim size(std::string_view stops);
  /// "[s0, 3]", at most 64 dimensions.
  SymShape shape();
  /// The rest of the line, without its end.
  std::string_view rest_of_line();

  [[noreturn]] void fail_wanted(const std::string& wanted);
  [[noreturn]] void fail(const std::string& message) const { fail_at(pos_, message); }

 private:
  void skip_blanks();
  [[noreturn]] void fail_at(size_t pos, const std::string& message) const;

  std::string_view text_;
  size_t pos_ = 0;
};

/// `text` in double quotes, with escapes for what would not survive.
std::string quote(std::string_view text);
/// `text` as is if TextCursor::name(extra) reads it back, else quoted.
std::string name_text(const std::string& text, std::string_view extra = kNameExtra);

}  // namespace tenon::ir
