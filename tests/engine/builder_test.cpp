// SPDX-License-Identifier: Apache-2.0
// The public builder: profiles, configuration, and a plan that runs.
#include "tenon/builder.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tenon {
namespace {

class BuilderTest : public ::testing::Test {
 protected:
  BuilderTest() {
    config_->setTimingCachePath("none");
    config_->setBuilderOptimizationLevel(0);
  }

  /// y = relu(a + b), both [n, 3] with n at run time.
  void make_network() {
    ITensor* a = network_->addInput("a", DataType::kFLOAT, {2, {-1, 3}});
    ITensor* b = network_->addInput("b", DataType::kFLOAT, {2, {-1, 3}});
    a->setDimensionName(0, "n");
    b->setDimensionName(0, "n");
    auto* sum = network_->addElementWise(*a, *b, ElementWiseOperation::kSUM);
    auto* relu = network_->addActivation(*sum->getOutput(0), ActivationType::kRELU);
    relu->getOutput(0)->setName("y");
    network_->markOutput(*relu->getOutput(0));
  }

  void set(const char* input, int64_t min, int64_t opt, int64_t max, int64_t width = 3) {
    profile_->setDimensions(input, OptProfileSelector::kMIN, {2, {min, width}});
    profile_->setDimensions(input, OptProfileSelector::kOPT, {2, {opt, width}});
    profile_->setDimensions(input, OptProfileSelector::kMAX, {2, {max, width}});
  }

  std::string build_error() {
    try {
      builder_->buildSerializedNetwork(*network_, *config_);
    } catch (const Error& e) {
      return e.what();
    }
    return "built";
  }

  std::unique_ptr<IBuilder> builder_ = createBuilder();
  std::unique_ptr<INetworkDefinition> network_ = builder_->createNetworkV2();
  std::unique_ptr<IBuilderConfig> config_ = builder_->createBuilderConfig();
  IOptimizationProfile* profile_ = builder_->createOptimizationProfile();
};

TEST_F(BuilderTest, PlanRunsInItsRange) {
  make_network();
  set("a", 1, 2, 4);
  set("b", 1, 2, 4);
  config_->addOptimizationProfile(profile_);
  const auto plan = builder_->buildSerializedNetwork(*network_, *config_);
  const auto engine = Engine::load(plan->bytes());
  EXPECT_EQ(engine->outputs().at(0).name, "y");
  EXPECT_EQ(engine->inputs().at(1).shape.at(0).max, 4);
  const auto context = engine->create_context();
  const std::vector<float> a = {1, 2, 3, 4, 5, 6}, b = {1, -3, 0, -4, -9, 1};
  std::vector<float> y(6);
  const int64_t shape[] = {2, 3};
  const int64_t* shapes[] = {shape, shape};
  const void* inputs[] = {a.data(), b.data()};
  void* outputs[] = {y.data()};
  context->set_input_shapes(shapes);
  context->enqueue(inputs, outputs);
  EXPECT_EQ(y, (std::vector<float>{2, 0, 3, 0, 0, 7}));
  // The network is as it was.
  EXPECT_EQ(builder_->buildSerializedNetwork(*network_, *config_)->size(), plan->size());
}

TEST_F(BuilderTest, RefusesProfilesThatDoNotFit) {
  make_network();
  EXPECT_NE(build_error().find(
                "input 'a' is f32[n, 3], which has run-time sizes: add an optimization profile"),
            std::string::npos)
      << build_error();
  config_->addOptimizationProfile(profile_);
  EXPECT_NE(build_error().find("no kMIN dimensions for input 'a'"), std::string::npos)
      << build_error();
  set("a", 1, 2, 4);
  set("b", 1, 2, 8);
  EXPECT_NE(build_error().find("size 'n' has two ranges: [1, 2, 4] and, from input 'b', [1, 2, 8]"),
            std::string::npos)
      << build_error();
  set("b", 4, 2, 4);
  EXPECT_NE(build_error().find("is 4, 2, 4, wanted min <= opt <= max"), std::string::npos)
      << build_error();
  set("b", 1, 2, 4, 5);
  EXPECT_NE(build_error().find("dim 1 of input 'b' is 5, 5, 5, wanted the fixed size 3"),
            std::string::npos)
      << build_error();
  EXPECT_THROW(config_->addOptimizationProfile(profile_), Error);
  EXPECT_THROW(config_->setBuilderOptimizationLevel(6), Error);
  EXPECT_EQ(profile_->getDimensions("c", OptProfileSelector::kMIN).nbDims, -1);
}

}  // namespace
}  // namespace tenon
