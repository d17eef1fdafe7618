// SPDX-License-Identifier: Apache-2.0
// How the row kernels are launched; needs no GPU.
#include "kernels/cuda/rows.h"

#include <gtest/gtest.h>

namespace tenon::kernels::rows {
namespace {

constexpr int kProcessors = 132;

TEST(RowPlan, ShortRowsShareAWarp) {
  const RowPlan plan = plan_rows(4096, 64, 1, kProcessors);
  EXPECT_EQ(plan.kernel, RowPlan::kLanes);
  EXPECT_EQ(plan.lanes, 32);
  EXPECT_EQ(plan_rows(4096, 64, 8, kProcessors).kernel, RowPlan::kLanesVectors);
  EXPECT_EQ(plan_rows(4096, 64, 8, kProcessors).lanes, 8);
}

TEST(RowPlan, TheLongestRowOfEachKernel) {
  EXPECT_EQ(plan_rows(1, 256, 1, kProcessors).kernel, RowPlan::kLanes);
  EXPECT_EQ(plan_rows(1, 257, 1, kProcessors).kernel, RowPlan::kLong);
  EXPECT_EQ(plan_rows(1, 1024, 4, kProcessors).kernel, RowPlan::kLanesVectors);
  EXPECT_EQ(plan_rows(1, 1028, 4, kProcessors).kernel, RowPlan::kBlockVectors);
  EXPECT_EQ(plan_rows(1, 8192, 4, kProcessors).kernel, RowPlan::kBlockVectors);
  EXPECT_EQ(plan_rows(1, 8196, 4, kProcessors).kernel, RowPlan::kLong);
}

TEST(RowPlan, EveryRowHasItsThreads) {
  for (int64_t rows : {1, 7, 4096, 100000}) {
    for (int64_t size : {1, 3, 64, 1000, 2048, 100000}) {
      for (int64_t vector : {1, 4, 8}) {
        if (size % vector != 0) continue;
        const RowPlan plan = plan_rows(rows, size, vector, kProcessors);
        const int64_t threads = int64_t{plan.shape.grid.x} * plan.shape.block.x;
        EXPECT_EQ(plan.shape.block.x % 32, 0u);
        EXPECT_LE(plan.shape.block.x, 1024u);
        if (plan.lanes)
          EXPECT_GE(threads, rows * plan.lanes) << rows << " x " << size;
        else
          EXPECT_EQ(plan.shape.grid.x, rows) << rows << " x " << size;
      }
    }
  }
}

}  // namespace
}  // namespace tenon::kernels::rows
