// SPDX-License-Identifier: Apache-2.0
// The op case tables run their CUDA candidates wherever there is a GPU (op_test.cpp); this says so
// where there is none, and checks that a GPU run has not silently had nothing to do.
#include "op_test.h"

namespace tenon::test {
namespace {

TEST(Cuda, TablesRunOnTheGpu) {
  if (Support there = cuda_there(); !there) GTEST_SKIP() << there.reason();
  const OpCase relu{
      .name = "relu", .op = "activation", .attrs = {{"type", "relu"}}, .in = {f32({3, 5})}};
  EXPECT_TRUE(runs_on("cuda.activation", relu));
}

}  // namespace
}  // namespace tenon::test
