// SPDX-License-Identifier: Apache-2.0
// The arena planner.
#include "engine/run/memory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "seed.h"

namespace tenon::engine {
namespace {

void expect_sound(const std::vector<Lifetime>& lives, const ArenaPlan& plan) {
  ASSERT_EQ(plan.offsets.size(), lives.size());
  for (size_t i = 0; i < lives.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % 64, 0u);
    EXPECT_LE(plan.offsets[i] + lives[i].bytes, plan.bytes);
    for (size_t j = 0; j < i; ++j) {
      const bool together = lives[i].first <= lives[j].last && lives[j].first <= lives[i].last;
      const bool apart = plan.offsets[i] + lives[i].bytes <= plan.offsets[j] ||
                         plan.offsets[j] + lives[j].bytes <= plan.offsets[i];
      EXPECT_TRUE(!together || apart) << "buffers " << j << " and " << i << " overlap";
    }
  }
}

/// No plan can be smaller: what is alive at one step, in multiples of 64.
size_t most_alive(const std::vector<Lifetime>& lives) {
  size_t most = 0;
  for (const Lifetime& at : lives) {
    size_t sum = 0;
    for (const Lifetime& l : lives)
      if (l.first <= at.first && at.first <= l.last) sum += (l.bytes + 63) / 64 * 64;
    most = std::max(most, sum);
  }
  return most;
}

TEST(Arena, NothingNeedsNothing) {
  EXPECT_EQ(plan_arena({}).bytes, 0u);
  EXPECT_EQ(plan_arena({{0, 0, 3}, {0, 1, 2}}).bytes, 0u);
}

TEST(Arena, ChainUsesTwoBuffers) {
  const std::vector<Lifetime> lives = {{100, 0, 1}, {100, 1, 2}, {100, 2, 3}, {100, 3, 4}};
  const ArenaPlan plan = plan_arena(lives);
  expect_sound(lives, plan);
  EXPECT_EQ(plan.bytes, 256u);
}

TEST(Arena, LifetimesTouchingInOneStepOverlap) {
  EXPECT_EQ(plan_arena({{64, 0, 1}, {64, 1, 1}}).bytes, 128u);
  EXPECT_EQ(plan_arena({{64, 0, 0}, {64, 1, 1}}).bytes, 64u);
}

TEST(Arena, SmallBuffersFillTheGapUnderABigOne) {
  // The big one dies before the small ones begin.
  const std::vector<Lifetime> lives = {{1024, 0, 1}, {256, 2, 3}, {256, 2, 3}, {512, 2, 3}};
  const ArenaPlan plan = plan_arena(lives);
  expect_sound(lives, plan);
  EXPECT_EQ(plan.bytes, 1024u);
}

TEST(Arena, LongLivedResidual) {
  const std::vector<Lifetime> lives = {{640, 0, 3}, {128, 1, 2}, {128, 2, 3}, {640, 4, 5}};
  const ArenaPlan plan = plan_arena(lives);
  expect_sound(lives, plan);
  EXPECT_EQ(plan.bytes, 640u + 128 + 128);
}

TEST(Arena, RandomLifetimesNeverOverlap) {
  for (uint64_t seed = test::first_seed(); seed < test::first_seed() + 500; ++seed) {
    SCOPED_TRACE(test::seed_text(seed));
    test::Random random(seed);
    std::vector<Lifetime> lives;
    for (int64_t n = random.in(1, 40); n > 0; --n) {
      const int first = static_cast<int>(random.in(0, 30));
      const size_t bytes = random.one_in(10) ? 0 : static_cast<size_t>(random.in(1, 5000));
      lives.push_back({bytes, first, first + static_cast<int>(random.in(0, 8))});
    }
    const ArenaPlan plan = plan_arena(lives);
    expect_sound(lives, plan);
    EXPECT_GE(plan.bytes, most_alive(lives));
    EXPECT_LE(plan.bytes, 2 * most_alive(lives)) << "much larger than what lives at once";
    EXPECT_EQ(plan_arena(lives).offsets, plan.offsets) << "plans repeat";
  }
}

}  // namespace
}  // namespace tenon::engine
