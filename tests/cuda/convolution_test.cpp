// SPDX-License-Identifier: Apache-2.0
// What the direct kernels say about problems, and the numbers of their activations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <regex>

#include "kernels/cuda/activations.h"
#include "kernels/cuda/code.h"
#include "kernels/cuda/sources.h"
#include "kernels/kernel.h"

namespace tenon::kernels {
namespace {

TensorDesc tensor(DataType type, std::vector<int64_t> shape) {
  TensorDesc d;
  d.dtype = type;
  d.shape = std::move(shape);
  return d;
}

struct Direct : ::testing::TestWithParam<const char*> {
  void SetUp() override {
    impl = find_kernel(GetParam(), std::string("cuda.") + GetParam());
    ASSERT_NE(impl, nullptr);
    node = graph.create(GetParam(), {});
    problem.layer = node;
    problem.in = {tensor(DataType::kFLOAT, {1, 4, 8, 8}), tensor(DataType::kFLOAT, {4, 4, 3, 3})};
    problem.out = {tensor(DataType::kFLOAT, {1, 4, 6, 6})};
  }
  std::string reason() const { return impl->supports(problem).reason(); }

  const KernelImpl* impl = nullptr;
  ir::Graph graph;
  ir::Node* node = nullptr;
  Problem problem;
};

TEST_P(Direct, TakesEveryLayoutAndRunTimeWeights) {
  EXPECT_TRUE(impl->supports(problem));
  problem.in[0].layout = ir::Layout::kChannelsLast;
  EXPECT_TRUE(impl->supports(problem));
  problem.out[0].layout = ir::Layout::kChannelsLast;
  EXPECT_TRUE(impl->supports(problem));
}

TEST_P(Direct, SaysWhyNot) {
  node->set("activation", std::string("erf"));
  EXPECT_EQ(reason(), "no device code for the activation \"erf\"");
  node->set("activation", std::string("mish"));
  EXPECT_EQ(reason(), "");
  problem.in[1].format = "cudnn:krsc";
  EXPECT_EQ(reason(), "an operand in the form of another kernel");
  problem.in[1].format = "";
  problem.in[1].dtype = DataType::kHALF;
  EXPECT_EQ(reason(), "operands of one floating-point type only");
}

INSTANTIATE_TEST_SUITE_P(CudaConvolution, Direct,
                         ::testing::Values("convolution", "deconvolution"));

TEST(Activations, NumbersMatchTheDeviceCode) {
  EXPECT_EQ(activation_number(""), 0);
  EXPECT_EQ(activation_number("no such"), -1);
  std::string text(source_file("activations.cuh"));
  text = text.substr(text.find("enum Activation {"));
  text = text.substr(0, text.find("};"));
  const std::regex constant("\n  ([A-Z_]+)");
  int number = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), constant), end; it != end; ++it) {
    std::string name = (*it)[1];
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return std::tolower(c); });
    EXPECT_EQ(activation_number(name == "no_activation" ? "" : name), number++) << name;
  }
  EXPECT_EQ(number, 18);
}

}  // namespace
}  // namespace tenon::kernels
