// SPDX-License-Identifier: Apache-2.0
#include "golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "ir/pass.h"
#include "ir/text.h"

namespace tenon::test {
namespace {

constexpr std::string_view kCase = "== ";
constexpr std::string_view kSeparator = "----";

/// Printed graph, or the error's text: passes and parsers that refuse are tested too.
std::string outcome(const GoldenCase& c, const GoldenPass& pass) {
  try {
    ir::Graph graph = ir::parse(c.input);
    pass(graph);
    ir::verify(graph);
    return ir::print(graph);
  } catch (const Error& e) {
    return "error: " + std::string(e.what()) + "\n";
  }
}

std::string_view take_line(std::string_view* text) {
  const size_t end = std::min(text->find('\n'), text->size());
  std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

/// Blank lines at the end belong to the layout of the file.
void trim_end(std::string* text) {
  while (text->size() >= 2 && text->ends_with("\n\n")) text->pop_back();
}

}  // namespace

GoldenFile parse_golden(std::string_view text) {
  GoldenFile file;
  std::string* part = &file.comment;
  bool expected = true;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(&text);
    if (line.substr(0, kCase.size()) == kCase) {
      TENON_CHECK(expected, "golden file, line ", number, ": the case before has no '----'");
      file.cases.push_back({std::string(line.substr(kCase.size())), "", ""});
      part = &file.cases.back().input;
      expected = false;
    } else if (line == kSeparator && !file.cases.empty()) {
      TENON_CHECK(!expected, "golden file, line ", number, ": a second '----' in one case");
      part = &file.cases.back().expected;
      expected = true;
    } else {
      *part += std::string(line) + "\n";
    }
  }
  TENON_CHECK(!file.cases.empty(), "golden file without a case");
  TENON_CHECK(expected, "golden file: the last case has no '----'");
  for (GoldenCase& c : file.cases) trim_end(&c.expected);
  return file;
}

std::string print_golden(const GoldenFile& file) {
  std::string text = file.comment;
  for (size_t i = 0; i < file.cases.size(); ++i) {
    const GoldenCase& c = file.cases[i];
    text += std::string(i ? "\n" : "") + std::string(kCase) + c.name + "\n" + c.input +
            std::string(kSeparator) + "\n" + c.expected;
  }
  return text;
}

bool& golden_update() {
  static bool update = [] {
    const char* v = std::getenv("TENON_UPDATE_GOLDEN");
    return v && std::string_view(v) == "1";
  }();
  return update;
}

std::string test_path(const std::string& path) { return TENON_TEST_DIR "/" + path; }

void expect_golden_text(const std::string& path, const std::string& seen) {
  if (golden_update()) return write_file_atomic(test_path(path), seen);
  EXPECT_EQ(seen, read_file(test_path(path))) << path;
}

void run_golden(const std::string& path, const GoldenPass& pass) {
  const std::string full = test_path(path);
  GoldenFile file = parse_golden(read_file(full));
  for (GoldenCase& c : file.cases) {
    const std::string seen = outcome(c, pass);
    if (golden_update()) {
      c.expected = seen;
    } else {
      EXPECT_EQ(seen, c.expected) << path << ", case '" << c.name << "'";
    }
  }
  if (golden_update()) write_file_atomic(full, print_golden(file));
}

}  // namespace tenon::test
