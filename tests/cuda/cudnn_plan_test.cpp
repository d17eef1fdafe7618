// SPDX-License-Identifier: Apache-2.0
// cuDNN plans the patterns that convolution layers become, for a Hopper GPU that is only described:
// each must find engines that need no compiler at run time. Needs cuDNN but no GPU; the code is
// that of cudnn.convolution itself.
#include <gtest/gtest.h>

#include "base/cuda_api.h"
#include "kernels/cuda/cudnn_convolution.h"

namespace tenon::kernels::cudnn {
namespace {

using Ints = std::vector<int64_t>;

// An H200; cuDNN wants every one of these.
constexpr const char* kH200 = R"({"deviceName": "NVIDIA H200", "cudaDeviceId": 0,
  "deviceVer": 900, "driverVer": 13000, "multiProcessorCount": 132, "warpSize": 32,
  "maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64],
  "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048, "maxCtasPerSM": 32,
  "regsPerBlock": 65536, "maxRegistersPerSM": 65536, "maxSharedMemoryPerBlock": 49152,
  "maxSharedMemoryPerBlockOptin": 232448, "reservedSharedMemoryPerBlock": 1024,
  "totalGlobalMem": 150754820096, "l2CacheSize": 62914560, "smClockRateKHz": 1980000,
  "memClockRateKHz": 3201000, "pciDeviceId": 0, "isTccDriver": 0, "supportCoopLaunch": 1})";

/// A convolution layer, channels last.
struct Layer {
  DataType type = DataType::kHALF;
  Ints x, w;
  int64_t stride = 1, padding = 0, groups = 1;
  bool bias = true, residual = false;
  const char* activation = "relu";
};

/// A problem with the node that it points to.
class Case {
 public:
  explicit Case(const Layer& layer, bool tf32 = true) {
    const size_t spatial = layer.x.size() - 2;
    ir::Node* node = graph_.create("convolution", {});
    node->set("stride", Ints(spatial, layer.stride));
    node->set("pre_padding", Ints(spatial, layer.padding));
    node->set("post_padding", Ints(spatial, layer.padding));
    node->set("groups", layer.groups);
    node->set("activation", std::string(layer.activation));
    Ints y = {layer.x[0], layer.w[0]};
    for (size_t d = 2; d < layer.x.size(); ++d)
      y.push_back((layer.x[d] + 2 * layer.padding - layer.w[d]) / layer.stride + 1);
    target_->sm = 90;
    target_->tf32 = tf32;
    problem.layer = node;
    problem.target = target_.get();
    problem.in = {image(layer.type, layer.x), constant(layer.type, layer.w),
                  constant(layer.type, {layer.w[0]}), image(layer.type, y)};
    problem.in[2].present = layer.bias;
    problem.in[3].present = layer.residual;
    problem.out = {image(layer.type, y)};
  }
  Problem problem;

 private:
  static TensorDesc image(DataType type, Ints shape) {
    TensorDesc d;
    d.dtype = type;
    d.shape = std::move(shape);
    d.layout = ir::Layout::kChannelsLast;
    return d;
  }
  static TensorDesc constant(DataType type, Ints shape) {
    TensorDesc d;
    d.dtype = type;
    d.shape = std::move(shape);
    d.is_constant = true;
    d.constant_bytes = d.bytes();
    return d;
  }
  ir::Graph graph_;
  std::unique_ptr<DeviceTarget> target_ = std::make_unique<DeviceTarget>();
};

class CudnnPlan : public ::testing::Test {
 protected:
  void SetUp() override {
    if (Support there = cuda::has_cudnn(); !there) GTEST_SKIP() << there.reason();
    properties_ = std::make_unique<Descriptor>(device_properties(kH200));
  }
  PlanDevice device() const { return {nullptr, properties_.get()}; }

  std::vector<std::string> tactics(const Problem& p) const {
    EXPECT_TRUE(convolution_supported(p)) << convolution_supported(p).reason();
    std::string why;
    std::vector<std::string> found = convolution_tactics(p, device(), &why);
    EXPECT_FALSE(found.empty()) << why;
    return found;
  }

  /// Every tactic is precompiled and can be planned again from its name.
  std::vector<std::string> expect_precompiled(const Layer& layer, bool tf32 = true) const {
    Case c(layer, tf32);
    const std::vector<std::string> found = tactics(c.problem);
    for (const std::string& tactic : found) {
      EXPECT_EQ(tactic.find("rtc"), std::string::npos) << tactic;
      c.problem.tactic = tactic;
      EXPECT_LE(plan_convolution(c.problem, device())->workspace_bytes(), 256u << 20) << tactic;
    }
    EXPECT_LE(found.size(), 32u);
    return found;
  }

  std::unique_ptr<Descriptor> properties_;
};

bool any_of_engine(const std::vector<std::string>& tactics, const std::string& engine) {
  for (const std::string& t : tactics)
    if (t == engine || t.starts_with(engine + ":")) return true;
  return false;
}

const Ints kImage = {32, 64, 56, 56}, kFilter = {64, 64, 3, 3};

TEST_F(CudnnPlan, FusedPatternsRunOnHopperEngines) {
  for (DataType type : {DataType::kHALF, DataType::kBF16, DataType::kFLOAT}) {
    for (bool bias : {false, true}) {
      for (bool residual : {false, true}) {
        for (const char* activation : {"", "relu"}) {
          SCOPED_TRACE(detail::concat(name_of(type), " bias ", bias, " residual ", residual,
                                      " activation '", activation, "'"));
          const auto found =
              expect_precompiled({type, kImage, kFilter, 1, 1, 1, bias, residual, activation});
          const bool plain = !bias && !residual && !*activation;
          const char* engine =
              type == DataType::kFLOAT ? (plain ? "e67" : "e51") : (plain ? "e62" : "e41");
          // Those are the wgmma engines of this version; others may number them differently.
          const bool known = cuda::cudnn().cudnnGetVersion() / 100 == 919;
          EXPECT_TRUE(!known || any_of_engine(found, engine)) << engine;
          EXPECT_GE(found.size(), 8u);
        }
      }
    }
  }
}

TEST_F(CudnnPlan, StemOfFourChannels) {
  expect_precompiled({.x = {128, 4, 224, 224}, .w = {64, 4, 7, 7}, .stride = 2, .padding = 3});
  expect_precompiled({.x = {1, 4, 224, 224}, .w = {64, 4, 7, 7}, .stride = 2, .padding = 3});
  expect_precompiled({.x = {1, 3, 224, 224}, .w = {64, 3, 7, 7}, .stride = 2, .padding = 3});
}

TEST_F(CudnnPlan, OneAndThreeSpatialDims) {
  expect_precompiled({.x = {8, 64, 100}, .w = {64, 64, 3}, .padding = 1});
  expect_precompiled({.x = {2, 64, 8, 28, 28}, .w = {64, 64, 3, 3, 3}, .padding = 1});
}

TEST_F(CudnnPlan, GroupsAndDepthwise) {
  expect_precompiled({.x = {32, 128, 28, 28}, .w = {128, 4, 3, 3}, .padding = 1, .groups = 32});
  expect_precompiled({.x = {32, 64, 28, 28}, .w = {64, 1, 3, 3}, .padding = 1, .groups = 64});
}

TEST_F(CudnnPlan, FullFloat32WhereTf32IsNotAllowed) {
  const Layer layer{.type = DataType::kFLOAT, .x = kImage, .w = kFilter, .padding = 1};
  const auto exact = expect_precompiled(layer, false), fast = expect_precompiled(layer, true);
  for (const std::string& tactic : exact) EXPECT_FALSE(any_of_engine({tactic}, "e51")) << tactic;
  EXPECT_LT(exact.size(), fast.size());
}

TEST_F(CudnnPlan, TacticOfOtherSizesGivesSomePlan) {
  Case large({.x = {128, 64, 56, 56}, .w = kFilter, .padding = 1});
  for (const std::string& tactic : tactics(large.problem)) {
    Case small({.x = {1, 64, 7, 9}, .w = kFilter, .padding = 1});
    small.problem.tactic = tactic;
    EXPECT_NE(plan_convolution(small.problem, device()), nullptr);
  }
  large.problem.tactic = "e9999:1=2";
  EXPECT_NE(plan_convolution(large.problem, device()), nullptr);
  large.problem.tactic = "nonsense";
  EXPECT_NE(plan_convolution(large.problem, device()), nullptr);
}

TEST_F(CudnnPlan, ErrorsSayWhatCudnnSays) {
  Case c({.x = {1, 64, 7, 7}, .w = {64, 48, 3, 3}});  // 64 channels are no multiple of 48
  try {
    plan_convolution(c.problem, device());
    FAIL() << "planned";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("CUDNN_STATUS"), std::string::npos) << e.what();
  }
}

TEST(CudnnTactic, TextForm) {
  const EngineChoice choice = EngineChoice::parse("e41:2=5,13=1");
  EXPECT_EQ(choice.engine, 41);
  EXPECT_EQ(choice.knobs, (std::vector<std::pair<int64_t, int64_t>>{{2, 5}, {13, 1}}));
  EXPECT_EQ(choice.text(), "e41:2=5,13=1");
  EXPECT_EQ(EngineChoice::parse("e0").text(), "e0");
  for (const char* bad : {"", "41", "e", "e1:", "e1:2", "e1:2=", "e1:2=3,", "e1,2=3", "e1:2=3 "})
    EXPECT_THROW(EngineChoice::parse(bad), Error) << bad;
}

TEST(CudnnConvolution, SaysWhyNot) {
  const auto reason = [](const Problem& p) { return convolution_supported(p).reason(); };
  const Layer layer{.x = kImage, .w = kFilter, .padding = 1};
  EXPECT_TRUE(convolution_supported(Case(layer).problem));
  Case c(layer);
  c.problem.in[0].layout = ir::Layout::kPlain;
  EXPECT_EQ(reason(c.problem), "channels-last layout only");
  c = Case(layer);
  c.problem.in[1].is_constant = false;
  EXPECT_EQ(reason(c.problem), "constant weights only");
  c = Case(layer);
  c.problem.in[2].dtype = DataType::kFLOAT;
  EXPECT_EQ(reason(c.problem), "operands of several types");
  Layer silu = layer;
  silu.activation = "silu";
  EXPECT_EQ(reason(Case(silu).problem), "precompiled engines have no activation \"silu\"");
}

TEST(CudnnConvolution, PacksWeightsChannelsLast) {
  const KernelImpl* impl = find_kernel("convolution", "cudnn.convolution");
  ASSERT_NE(impl, nullptr);
  Case c({.type = DataType::kFLOAT, .x = {1, 3, 4, 4}, .w = {2, 3, 1, 2}});
  std::vector<float> w(12);
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i);
  const auto dense = ir::make_constant(DataType::kFLOAT, {2, 3, 1, 2}, w.data());
  const Packed packed = impl->pack(c.problem, {nullptr, dense, nullptr, nullptr});
  ASSERT_NE(packed.at(1), nullptr);
  EXPECT_EQ(packed[1]->format, "cudnn:krsc");
  const auto data = packed[1]->materialise();
  const float* out = static_cast<const float*>(data.get());
  EXPECT_EQ(std::vector<float>(out, out + 12),
            (std::vector<float>{0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11}));
}

}  // namespace
}  // namespace tenon::kernels::cudnn
