// SPDX-License-Identifier: Apache-2.0
// Without a GPU, asking for CUDA is an error of one sentence, when building and when loading.
#include <gtest/gtest.h>

#include "engine/engine_case.h"
#include "kernels/device.h"

namespace tenon::engine {
namespace {

using test::error_of;

const char* const kRelu = R"(graph {
  input %x : f32[8]
  %y : f32[8] = activation(%x) {type="relu"}
  return %y
})";

class CudaAbsent : public testing::Test {
 protected:
  void SetUp() override {
    if (kernels::device_runtime(kernels::Device::kCUDA).available())
      GTEST_SKIP() << "there is a GPU";
  }
  static void expect_sentence(const std::string& text) {
    EXPECT_NE(text.find("CUDA was asked for, but there is no "), std::string::npos) << text;
  }
};

TEST_F(CudaAbsent, BuildingSaysWhatIsMissing) {
  Options options = test::quick_options();
  options.device = "cuda:0";
  expect_sentence(error_of([&] { build_engine(test::net_graph(kRelu), options, nullptr); }));
}

TEST_F(CudaAbsent, LoadingSaysWhatIsMissing) {
  PlanContent content = test::reference_plan(test::net_graph(kRelu));
  content.target = R"({"device": "cuda", "sm": 90, "tf32": true})";
  expect_sentence(error_of([&] { test::load(content); }));
}

TEST(DeviceOfAPlan, OthersAreNamed) {
  PlanContent content = test::reference_plan(test::net_graph(kRelu));
  content.target = R"({"device": "tpu"})";
  EXPECT_NE(error_of([&] { test::load(content); }).find("the plan is for device 'tpu'"),
            std::string::npos);
}

TEST(PlanCode, IsReadBack) {
  PlanContent content = test::reference_plan(test::net_graph(kRelu));
  content.code = {{"key", std::string("\177ELF\0bytes", 10)}, {"other", ""}};
  const PlanContent again = read_plan(write_plan(content));
  ASSERT_EQ(again.code.size(), 2u);
  EXPECT_EQ(again.code[0].key, "key");
  EXPECT_EQ(again.code[0].bytes, content.code[0].bytes);
  EXPECT_EQ(again.code[1].bytes, "");
}

}  // namespace
}  // namespace tenon::engine
