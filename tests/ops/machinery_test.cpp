// SPDX-License-Identifier: Apache-2.0
// The op test's own parts, and what kernels are built on: registry, parallel_for, half.h.
#include <omp.h>

#include <atomic>
#include <cmath>
#include <limits>

#include "base/half.h"
#include "net/layer.h"
#include "op_data.h"

namespace tenon::test {
namespace {

constexpr DataType kF32 = DataType::kFLOAT;
constexpr Number kNaN = std::numeric_limits<Number>::quiet_NaN();
constexpr Number kInf = std::numeric_limits<Number>::infinity();

TEST(Compare, FindsEveryKindOfDifference) {
  EXPECT_EQ(compare({1, 2, kNaN, kInf}, {1, 2, kNaN, kInf}, kF32, 1), "");
  EXPECT_EQ(compare({1 + 1e-7L, 2}, {1, 2}, kF32, 1), "");
  EXPECT_NE(compare({1 + 1e-4L, 2}, {1, 2}, kF32, 1), "");
  EXPECT_NE(compare({kNaN}, {1}, kF32, 1), "");
  EXPECT_NE(compare({1}, {kNaN}, kF32, 1), "");
  EXPECT_NE(compare({kInf}, {-kInf}, kF32, 1), "");
  EXPECT_NE(compare({1}, {1, 2}, kF32, 1), "");
  EXPECT_NE(compare({9007199254740993.0L}, {9007199254740992.0L}, DataType::kINT64, 1), "");
}

TEST(Compare, OneBadElementAmongManyIsSeen) {
  std::vector<Number> wanted(1000000, 1), seen = wanted;
  seen[77] += 9e-3L;  // a relative L2 norm of 9e-6
  EXPECT_NE(compare(seen, wanted, kF32, 1), "");
}

TEST(Buffer, NoticesWritesOutside) {
  for (size_t shift : {0, 4}) {
    Buffer b(12, shift);
    EXPECT_EQ((reinterpret_cast<size_t>(b.data()) - shift) % 64, 0u);
    EXPECT_TRUE(b.guards_intact());
    static_cast<char*>(b.data())[11] = 0;
    EXPECT_TRUE(b.guards_intact());
    static_cast<char*>(b.data())[12] = 0;
    EXPECT_FALSE(b.guards_intact());
  }
}

TEST(TensorDesc, StridesFollowTheLayout) {
  kernels::TensorDesc d;
  d.shape = {2, 3, 4, 5};
  EXPECT_EQ(d.strides(), (Ints{60, 20, 5, 1}));
  d.layout = ir::Layout::kChannelsLast;
  EXPECT_EQ(d.strides(), (Ints{60, 1, 15, 3}));
  d.shape = {2, 3};
  EXPECT_EQ(d.strides(), (Ints{3, 1}));
  d.shape = {};
  EXPECT_EQ(d.elements(), 1);
}

TEST(Registry, EveryLayerHasAReferenceAndItIsLast) {
  for (const net::LayerDef& layer : net::all_layers()) {
    const auto list = kernels::candidates(layer.op);
    ASSERT_FALSE(list.empty()) << layer.op;
    EXPECT_EQ(list.back(), &kernels::reference_kernel(layer.op));
    for (size_t i = 1; i + 1 < list.size(); ++i) {
      EXPECT_GE(list[i - 1]->priority(), list[i]->priority());
    }
  }
  EXPECT_EQ(kernels::find_kernel("softmax", "no.such"), nullptr);
  EXPECT_THROW(kernels::reference_kernel("no such layer"), Error);
}

// Each of n numbers is visited once, whatever team calls.
void expect_covers(int64_t n, int64_t grain) {
  std::vector<std::atomic<int>> seen(static_cast<size_t>(n));
  kernels::parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
  });
  for (const auto& s : seen) EXPECT_EQ(s.load(), 1);
}

TEST(ParallelFor, CoversTheRangeOnce) {
  for (int64_t n : {0, 1, 2, 7, 64, 1000}) {
    for (int64_t grain : {0, 1, 3, 100}) expect_covers(n, grain);
  }
}

TEST(ParallelFor, IsSerialInsideAParallelRegion) {
#pragma omp parallel num_threads(2)
  {
    const int caller = omp_get_thread_num();
    int calls = 0;
    bool same = true;
    kernels::parallel_for(100, 1, [&](int64_t begin, int64_t end) {
      ++calls;
      same = same && begin == 0 && end == 100 && omp_get_thread_num() == caller;
    });
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(same);
  }
}

TEST(ParallelFor, ChunksHaveAtLeastTheGrain) {
  kernels::parallel_for(1000, 300, [](int64_t begin, int64_t end) { EXPECT_GE(end - begin, 300); });
}

TEST(Half, KnownValues) {
  EXPECT_EQ(float_to_half(65504.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65519.996f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(2049.0f), float_to_half(2048.0f));  // a tie goes to even
  EXPECT_EQ(float_to_half(2051.0f), float_to_half(2052.0f));
  EXPECT_EQ(float_to_half(0x1p-24f), 1);
  EXPECT_EQ(float_to_half(0x1p-25f), 0);
  EXPECT_EQ(float_to_half(0x1.8p-25f), 1);
  EXPECT_EQ(float_to_half(-0.0f), 0x8000);
  EXPECT_EQ(float_to_bf16(1.00390625f), 0x3f80);  // tie to even, down
  EXPECT_EQ(float_to_bf16(1.01171875f), 0x3f82);  // tie to even, up
  EXPECT_EQ(float_to_bf16(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_TRUE(std::isnan(bf16_to_float(float_to_bf16(std::nanf("")))));
}

TEST(Half, EveryHalfSurvivesTheRoundTrip) {
  for (uint32_t h = 0; h < 0x10000; ++h) {
    const float f = half_to_float(static_cast<uint16_t>(h));
    const uint16_t back = float_to_half(f);
    EXPECT_TRUE(std::isnan(f) ? std::isnan(half_to_float(back)) : back == h) << h;
    const float b = bf16_to_float(static_cast<uint16_t>(h));
    EXPECT_TRUE(std::isnan(b) || float_to_bf16(b) == h) << h;
  }
}

TEST(Isa, HasANameAndStays) {
  EXPECT_STRNE(kernels::name_of(kernels::isa()), "?");
  EXPECT_EQ(kernels::isa(), kernels::isa());
}

}  // namespace
}  // namespace tenon::test
