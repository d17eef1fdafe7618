// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/log.h"
#include "base/support.h"
#include "error_of.h"

namespace tenon {
namespace {

TEST(Error, ChecksJoinTheirParts) {
  EXPECT_EQ(error_of([] { TENON_CHECK(1 + 1 == 3, "dim ", 4, " of '", "x", "'"); }),
            "dim 4 of 'x'");
  EXPECT_EQ(error_of([] { TENON_CHECK(true, "never"); }), "no error");
}

TEST(Error, AssertsNameThePlace) {
  const std::string text = error_of([] { TENON_ASSERT(false, "seen ", 1); });
  EXPECT_NE(text.find("error_test.cpp"), std::string::npos);
  EXPECT_NE(text.find("false does not hold. seen 1 Please report this."), std::string::npos);
}

TEST(Error, FramesAreAddedInnermostFirst) {
  auto inner = [] {
    return with_frame([] { return "inner"; }, []() -> int { throw Error("boom"); });
  };
  EXPECT_EQ(error_of([&] { with_frame([] { return "outer"; }, inner); }), "boom\n  inner\n  outer");
}

TEST(Support, NoCarriesAReason) {
  EXPECT_TRUE(static_cast<bool>(Support::yes()));
  const Support no = Support::no("rank 5");
  EXPECT_FALSE(static_cast<bool>(no));
  EXPECT_EQ(no.reason(), "rank 5");
}

TEST(Log, LevelAndSink) {
  const LogLevel before = log_level();
  std::vector<std::string> seen;
  set_log_sink([&](LogLevel, const std::string& text) { seen.push_back(text); });
  set_log_level(LogLevel::kInfo);
  log(LogLevel::kInfo, "a", 1);
  log(LogLevel::kDebug, "b");
  set_log_sink(nullptr);
  set_log_level(before);
  EXPECT_EQ(seen, std::vector<std::string>{"a1"});
}

}  // namespace
}  // namespace tenon
