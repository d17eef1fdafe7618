// SPDX-License-Identifier: Apache-2.0
// NaN, infinities, zeros of both signs and denormals through every activation that linear and
// convolution can have, in every candidate kernel: what the reference (and PyTorch) makes of them.
// The forms are chosen so that each of oneDNN's implementations has to do it: few and many rows,
// channels-last and blocked data, short and long sums, values that come in by the residual.
// On CUDA in float32 only: in half types some kernels of cuDNN and cuBLASLt with a fused relu make
// 0 of NaN, and some of cuDNN's lose -inf.
#include <algorithm>
#include <limits>

#include "op_test.h"

namespace tenon::test {
namespace {

constexpr Number kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr Number kInf = std::numeric_limits<float>::infinity();
constexpr Number kTiny = 1e-42L;  // denormal
const std::vector<Number> kSpecial = {kNaN, kInf, -kInf, -0.0L, 0,    kTiny, -kTiny, 0.5L,
                                      -0.5, 3,    -3,    7,     -7.5, 20,    -30};
const auto kCount = static_cast<int64_t>(kSpecial.size());

struct Activation {
  const char* name;
  double alpha, beta;
};
constexpr Activation kActivations[] = {
    {"", 0, 0},           {"relu", 0, 0},     {"leaky_relu", 0.125, 0}, {"leaky_relu", 0, 0},
    {"elu", 0.5, 0},      {"clip", -1, 2},    {"clip", 0, 6},           {"hard_sigmoid", 0.25, 0.5},
    {"hard_swish", 0, 0}, {"sigmoid", 0, 0},  {"tanh", 0, 0},           {"silu", 0, 0},
    {"mish", 0, 0},       {"softplus", 0, 0}, {"gelu_erf", 0, 0},       {"gelu_tanh", 0, 0},
};

/// `stride` positions a value: 0 in between. The value stands in the first of `width` numbers.
std::vector<Number> spread(int64_t stride, int64_t width) {
  std::vector<Number> all(kSpecial.size() * stride * width, 0);
  for (size_t i = 0; i < kSpecial.size(); ++i) all[i * stride * width] = kSpecial[i];
  return all;
}

/// [1, channels, 1, positions] with the values in channel 0, three positions apart.
Operand image(int64_t channels) {
  std::vector<Number> values = spread(3, 1);
  values.resize(values.size() * channels, 0);
  return f32({1, channels, 1, 3 * kCount}).with(values);
}

/// 1 and -1 in turn, so that each value comes with both signs, and 0 * inf never.
Operand ones(Ints shape) {
  int64_t count = 1;
  for (int64_t s : shape) count *= s;
  std::vector<Number> values(count);
  const int64_t row = count / shape[0];
  for (int64_t i = 0; i < count; ++i) values[i] = i / row % 2 ? -1 : 1;
  return f32(shape).with(values).constant();
}

OpCase linear(const char* name, int64_t k, int64_t n) {
  return {.name = name, .op = "linear", .in = {f32({kCount, k}).with(spread(1, k)), ones({n, k})}};
}

OpCase convolution(const char* name, int64_t channels, int64_t outputs, int64_t kernel,
                   int64_t groups) {
  const int64_t pad = kernel / 2;
  return {.name = name,
          .op = "convolution",
          .attrs = {{"stride", Ints{1, 1}},
                    {"pre_padding", Ints{pad, pad}},
                    {"post_padding", Ints{pad, pad}},
                    {"dilation", Ints{1, 1}},
                    {"groups", groups}},
          .in = {image(channels), ones({outputs, channels / groups, kernel, kernel})}};
}

/// The values are in the residual, the convolution adds nothing.
OpCase by_residual() {
  OpCase c = convolution("residual", 16, 16, 1, 1);
  c.in[0].values.assign(c.in[0].values.size(), 0);
  c.in.push_back(absent());
  c.in.push_back(image(16));
  return c;
}

std::vector<OpCase> forms() {
  OpCase many = linear("many rows", 1, 32);
  many.in[0] = f32({3 * kCount, 1}).with(spread(3, 1));
  return {linear("few rows", 1, 2),
          linear("few rows long sum", 128, 33),
          many,
          convolution("1x1", 1, 32, 1, 1),
          convolution("1x1 deep", 64, 32, 1, 1),
          convolution("3x3", 16, 32, 3, 1),
          convolution("3x3 long sum", 256, 32, 3, 1),
          convolution("depthwise", 16, 16, 3, 16),
          by_residual()};
}

std::vector<OpCase> all_cases() {
  std::vector<OpCase> cases;
  for (const Activation& a : kActivations) {
    for (OpCase c : forms()) {
      c.name += std::string(" ") + a.name + (a.alpha == 0 && a.beta == 0 ? "" : " alpha");
      if (a.beta > 2) c.name += " beta";
      c.half_on_cuda = false;
      c.attrs.emplace_back("activation", a.name);
      c.attrs.emplace_back("alpha", a.alpha);
      c.attrs.emplace_back("beta", a.beta);
      cases.push_back(std::move(c));
    }
  }
  return cases;
}

const std::vector<OpCase> kCases = all_cases();
TENON_OP_TESTS(SpecialValues, kCases);

TEST(SpecialValuesForms, ReachEveryOneDnnKernelOfTheLayers) {
  if (kernels::isa() != kernels::Isa::kAvx512)
    GTEST_SKIP() << "oneDNN refuses some without AVX-512";
  std::vector<std::string> ran;
  for (OpCase c : forms()) {
    c.half_on_cuda = false;
    for (std::string& name : run_case(c)) ran.push_back(name);
  }
  if (std::none_of(ran.begin(), ran.end(), [](const auto& n) { return n.starts_with("onednn."); }))
    GTEST_SKIP() << "oneDNN is not there";
  for (const char* name :
       {"onednn.linear", "onednn.linear_matmul", "onednn.convolution", "onednn.convolution_direct",
        "onednn.convolution_blocked", "onednn.convolution_split"})
    EXPECT_NE(std::find(ran.begin(), ran.end(), name), ran.end()) << name;
}

}  // namespace
}  // namespace tenon::test
