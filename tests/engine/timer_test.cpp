// SPDX-License-Identifier: Apache-2.0
// What timing holds in memory: packed constants of the candidates, and the dense ones.
#include "engine/build/timer.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/build/select.h"
#include "engine/engine_case.h"
#include "engine/packing_kernel.h"
#include "engine/run/sizes.h"

namespace tenon::engine {
namespace {

using test::packing_counts;

constexpr size_t kPlenty = size_t{1} << 40;

class TimerMemory : public ::testing::Test {
 protected:
  void SetUp() override { packing_counts() = {}; }

  static ir::Graph graph(int64_t rows) {
    auto weights = std::make_shared<ir::Constant>();
    weights->dtype = DataType::kDOUBLE;
    weights->shape = {rows, test::kPackingColumns};
    weights->bytes = static_cast<size_t>(rows) * test::kPackingColumns * 8;
    weights->fill = [bytes = weights->bytes](void* out) { std::memset(out, 0, bytes); };
    const std::string n = std::to_string(rows), k = std::to_string(test::kPackingColumns);
    return test::net_graph("graph {\n  input %x : f64[1, " + k + "]\n  %w : f64[" + n + ", " + k +
                               "] = constant() {data=#0}\n  %y : f64[1, " + n +
                               "] = linear(%x, %w)\n  return %y\n}",
                           {weights});
  }

  static std::vector<Timing> time(const std::vector<std::string>& kernels, size_t live_bytes) {
    const ir::Graph g = graph(kRows);
    const kernels::Problem problem = make_problem(*g.nodes().back(), {}, 1);
    std::vector<Candidate> candidates;
    for (const std::string& name : kernels)
      candidates.push_back({kernels::find_kernel("linear", name), ""});
    return time_candidates(problem, candidates, Options(), live_bytes);
  }

  static constexpr int64_t kRows = 100;
  static constexpr size_t kBytes = kRows * test::kPackingColumns * 8;
  const std::vector<std::string> packing_ = {"test.packs_1", "test.packs_2", "test.packs_3"};
};

TEST_F(TimerMemory, AllTogetherIfTheyFit) {
  for (const Timing& t : time(packing_, 4 * kBytes)) EXPECT_GE(t.microseconds, 0) << t.failure;
  EXPECT_EQ(packing_counts().packs, 3) << "each once";
  EXPECT_EQ(packing_counts().peak_bytes, 3 * kBytes);
  EXPECT_EQ(packing_counts().live_bytes, 0u);
  EXPECT_FALSE(packing_counts().dense_alive) << "nobody reads the dense weights";
}

TEST_F(TimerMemory, InTurnsIfTheyDoNot) {
  for (const Timing& t : time(packing_, 4 * kBytes - 1)) EXPECT_GE(t.microseconds, 0) << t.failure;
  EXPECT_GE(packing_counts().packs, 3);
  EXPECT_EQ(packing_counts().peak_bytes, kBytes) << "one candidate's weights at a time";
  EXPECT_EQ(packing_counts().live_bytes, 0u);
}

TEST_F(TimerMemory, DenseWeightsStayForWhoReadsThem) {
  time({"test.packs_1", "test.dense"}, kPlenty);
  EXPECT_TRUE(packing_counts().dense_alive);
  EXPECT_EQ(packing_counts().peak_bytes, kBytes);
}

TEST_F(TimerMemory, AFailureIsTheCandidatesOwn) {
  for (const size_t live_bytes : {kPlenty, size_t{0}}) {
    packing_counts() = {};
    const auto times = time({"test.unpacked", "test.packs_1"}, live_bytes);
    EXPECT_EQ(times[0].failure, "this candidate always fails");
    EXPECT_LT(times[0].microseconds, 0);
    EXPECT_EQ(times[1].failure, "");
    EXPECT_GE(times[1].microseconds, 0);
    EXPECT_EQ(packing_counts().live_bytes, 0u);
  }
}

/// Three packed forms and the dense one of a graph's only weights are more than the graph has.
TEST_F(TimerMemory, SelectionHoldsNoMoreThanTheGraphsConstants) {
  constexpr int64_t kManyRows = 30'000;  // 8.5 MiB: above what may always be held
  ir::Graph g = graph(kManyRows);
  const auto choices = select_kernels(g, Options(), nullptr, {});
  ASSERT_EQ(choices.size(), 1u);
  EXPECT_EQ(choices[0].impl->name().rfind("test.packs_", 0), 0u) << choices[0].impl->name();
  EXPECT_EQ(packing_counts().peak_bytes, size_t{kManyRows} * test::kPackingColumns * 8);
}

}  // namespace
}  // namespace tenon::engine
