// SPDX-License-Identifier: Apache-2.0
#include "golden.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tenon::test {
namespace {

TEST(Golden, DeadNodesAreRemoved) {
  run_golden("ir/golden/remove_dead.txt", [](ir::Graph& g) { g.remove_dead(); });
}

TEST(Golden, FilesSurviveRewriting) {
  const std::string text = "# note\n== a\nin\n----\nout\n\n== b\n----\nx\n";
  const GoldenFile file = parse_golden(text);
  ASSERT_EQ(file.cases.size(), 2u);
  EXPECT_EQ(file.cases[0].name, "a");
  EXPECT_EQ(file.cases[0].input, "in\n");
  EXPECT_EQ(file.cases[0].expected, "out\n");
  EXPECT_EQ(file.cases[1].input, "");
  EXPECT_EQ(print_golden(file), text);
}

TEST(Golden, BrokenFilesAreRefused) {
  EXPECT_THROW(parse_golden(""), Error);
  EXPECT_THROW(parse_golden("== a\nin\n"), Error);
  EXPECT_THROW(parse_golden("== a\nin\n== b\n----\n"), Error);
  EXPECT_THROW(parse_golden("== a\n----\n----\n"), Error);
}

}  // namespace
}  // namespace tenon::test
