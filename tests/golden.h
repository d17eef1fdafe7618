// SPDX-License-Identifier: Apache-2.0
// Golden-text tests of graph passes. A .txt file under tests/ holds cases
//
//   == name of the case
//   graph { ... }
//   ----
//   graph { ... }        what the pass makes of it, as print() writes it
//
// Lines before the first case are comments. With --update (or TENON_UPDATE_GOLDEN=1) the expected
// parts are rewritten to what came out; look at the diff before committing it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace tenon::test {

struct GoldenCase {
  std::string name;
  std::string input;
  std::string expected;
};
struct GoldenFile {
  std::string comment;
  std::vector<GoldenCase> cases;
};

/// Throws Error naming the line of a case without name or separator. No case at all is an error.
GoldenFile parse_golden(std::string_view text);
std::string print_golden(const GoldenFile& file);

using GoldenPass = std::function<void(ir::Graph&)>;

/// Runs every case of tests/`path` through parse, `pass`, verify and print; a difference is a
/// failure of the running GoogleTest that names the case and shows both texts.
void run_golden(const std::string& path, const GoldenPass& pass);

/// The full path of tests/`path`.
std::string test_path(const std::string& path);
/// Compares `seen` with the whole file tests/`path` (or rewrites it under --update).
void expect_golden_text(const std::string& path, const std::string& seen);

/// Set by --update and TENON_UPDATE_GOLDEN=1.
bool& golden_update();

}  // namespace tenon::test
