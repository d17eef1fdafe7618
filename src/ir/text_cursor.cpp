// SPDX-License-Identifier: Apache-2.0
#include "ir/text_cursor.h"

#include <algorithm>
#include <charconv>

namespace tenon::ir {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool is_word_char(char c, std::string_view extra) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         extra.find(c) != std::string_view::npos;
}

}  // namespace

void TextCursor::skip_blanks() {
  while (pos_ < text_.size() && is_blank(text_[pos_])) ++pos_;
}

bool TextCursor::at_end() {
  skip_blanks();
  return pos_ == text_.size();
}

char TextCursor::peek() { return at_end() ? '\0' : text_[pos_]; }

bool TextCursor::accept(std::string_view token) {
  skip_blanks();
  if (text_.substr(pos_, token.size()) != token) return false;
  pos_ += token.size();
  return true;
}

void TextCursor::expect(std::string_view token) {
  if (!accept(token)) fail_wanted("'" + std::string(token) + "'");
}

std::string_view TextCursor::word(std::string_view extra) {
  skip_blanks();
  const size_t begin = pos_;
  while (pos_ < text_.size() && is_word_char(text_[pos_], extra)) ++pos_;
  return text_.substr(begin, pos_ - begin);
}

bool TextCursor::accept_word(std::string_view wanted) {
  skip_blanks();
  const size_t begin = pos_;
  if (word() == wanted) return true;
  pos_ = begin;
  return false;
}

std::string TextCursor::name(std::string_view extra) {
  if (peek() == '"') return quoted();
  std::string_view w = word(extra);
  if (w.empty()) fail_wanted("a name");
  return std::string(w);
}

std::string TextCursor::quoted() {
  expect("\"");
  std::string out;
  for (;;) {
    if (pos_ >= text_.size() || text_[pos_] == '\n') fail("the string has no end");
    char c = text_[pos_++];
    if (c == '"') return out;
    if (c != '\\') {
      out += c;
      continue;
    }
    char kind = pos_ < text_.size() ? text_[pos_++] : '\0';
    int code = 0;
    const char* digits = text_.data() + pos_;
    switch (kind) {
      case 'n':
        out += '\n';
        break;
      case '"':
      case '\\':
        out += kind;
        break;
      case 'x':
        if (text_.size() - pos_ < 2 ||
            std::from_chars(digits, digits + 2, code, 16).ptr != digits + 2 || code < 0) {
          fail("\\x in a string wants two hexadecimal digits");
        }
        out += static_cast<char>(code);
        pos_ += 2;
        break;
      default:
        fail("unknown escape in a string, wanted \\n \\\" \\\\ or \\xHH");
    }
  }
}

int64_t TextCursor::integer() {
  skip_blanks();
  int64_t value = 0;
  const char *begin = text_.data() + pos_, *end = text_.data() + text_.size();
  auto [stop, error] = std::from_chars(begin, end, value);
  if (error == std::errc::result_out_of_range) fail("the number does not fit 64 bits");
  if (error != std::errc()) fail_wanted("a whole number");
  pos_ += static_cast<size_t>(stop - begin);
  return value;
}

std::string_view TextCursor::number() {
  skip_blanks();
  std::string_view w = text_.substr(pos_);
  w = w.substr(0, std::min(w.size(), size_t{64}));
  size_t n = 0;
  while (n < w.size() && is_word_char(w[n], "+-.")) ++n;
  if (n == 0) fail_wanted("a number");
  pos_ += n;
  return w.substr(0, n);
}

SymDim TextCursor::size(std::string_view stops) {
  skip_blanks();
  const size_t begin = pos_;
  int depth = 0;
  for (; pos_ < text_.size() && text_[pos_] != '\n'; ++pos_) {
    const char c = text_[pos_];
    if (depth == 0 && stops.find(c) != std::string_view::npos) break;
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
  }
  std::string_view text = text_.substr(begin, pos_ - begin);
  try {
    return SymDim::parse(text);
  } catch (const Error& e) {
    fail_at(begin, e.what());
  }
}

SymShape TextCursor::shape() {
  constexpr size_t kMaxRank = 64;
  expect("[");
  SymShape result;
  if (accept("]")) return result;
  do {
    if (result.size() == kMaxRank) fail("a shape has more than 64 dimensions");
    result.push_back(size(",]"));
  } while (accept(","));
  expect("]");
  return result;
}

std::string_view TextCursor::rest_of_line() {
  const size_t begin = pos_;
  pos_ = std::min(text_.find('\n', pos_), text_.size());
  return text_.substr(begin, pos_ - begin);
}

void TextCursor::fail_wanted(const std::string& wanted) {
  skip_blanks();
  std::string seen = "the end";
  if (pos_ < text_.size()) {
    std::string_view rest = text_.substr(pos_, 24);
    seen = quote(rest.substr(0, rest.find('\n')));
  }
  fail("wanted " + wanted + ", found " + seen);
}

void TextCursor::fail_at(size_t pos, const std::string& message) const {
  std::string_view before = text_.substr(0, pos);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  throw Error(
      detail::concat("graph text, line ", line, ", column ", pos - start + 1, ": ", message));
}

std::string quote(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string name_text(const std::string& text, std::string_view extra) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(),
                                                  [&](char c) { return is_word_char(c, extra); });
  return plain ? text : quote(text);
}

}  // namespace tenon::ir
