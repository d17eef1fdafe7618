// SPDX-License-Identifier: Apache-2.0
// How exact the oneDNN candidates are where many products are added up.
#include <cmath>

#include "ops/onednn_case.h"

namespace tenon::kernels::onednn_test {
namespace {

/// Relative L2 distance from the sums in double of a linear layer or convolution without bias.
double relative_error(const Case& c, const Buffer& got, const std::vector<double>& want) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const double d = static_cast<const float*>(got.get())[i] - want[i];
    difference += d * d, norm += want[i] * want[i];
  }
  EXPECT_EQ(static_cast<size_t>(c.out.elements()), want.size());
  return std::sqrt(difference / norm);
}

/// Every candidate but the reference, packed as the engine does, is within `bound` of `want`.
void expect_accurate(const Case& c, const std::vector<double>& want, double bound) {
  for (const KernelImpl* impl : candidates(c.layer.op)) {
    if (impl->priority() == 0 || !impl->supports(c.problem())) continue;
    const double error = relative_error(c, run_packed(*impl, c, pack(*impl, c)), want);
    EXPECT_LE(error, bound) << impl->name();
  }
}

/// Adding 2048 products in one sequence gives 5.7e-7; with the four lanes of SSE it is 4.2e-7.
TEST_F(OneDnn, LinearOfFewRowsIsAsExactAsDotProducts) {
  const int64_t k = 2048, n = 100;
  const double bound = isa() == Isa::kGeneric ? 5e-7 : 3.5e-7;
  for (int64_t rows : {1, 3, 4, 8, 15}) {
    const Operand w = tensor({n, k}, kPlain, true, random_);
    const Case c = make_linear({rows, k}, false, "", w, absent(), random_);
    const auto* a = static_cast<const float*>(c.in[0].data.get());
    const auto* b = static_cast<const float*>(w.data.get());
    std::vector<double> want;
    for (int64_t i = 0; i < rows * n; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < k; ++j) sum += double{a[i / n * k + j]} * b[i % n * k + j];
      want.push_back(sum);
    }
    expect_accurate(c, want, bound);
  }
}

/// The sums of `c`, a channels-last convolution of stride 1, in double.
std::vector<double> exact_convolution(const Case& c) {
  const Shape &x = c.in[0].desc.shape, &w = c.in[1].desc.shape, &y = c.out.shape;
  const auto* a = static_cast<const float*>(c.in[0].data.get());
  const auto* b = static_cast<const float*>(c.in[1].data.get());
  const int64_t pad = w[2] / 2;
  std::vector<double> want(static_cast<size_t>(c.out.elements()));
  for (int64_t i = 0; i < c.out.elements(); ++i) {
    const int64_t k = i % y[1], column = i / y[1] % y[3], row = i / y[1] / y[3] % y[2];
    const int64_t image = i / y[1] / y[3] / y[2] * x[2];
    for (int64_t tap = 0; tap < w[2] * w[3]; ++tap) {
      const int64_t h = row + tap / w[3] - pad, v = column + tap % w[3] - pad;
      if (h < 0 || v < 0 || h >= x[2] || v >= x[3]) continue;
      const float* pixel = a + ((image + h) * x[3] + v) * x[1];
      const float* taps = b + k * x[1] * w[2] * w[3] + tap;
      for (int64_t ch = 0; ch < x[1]; ++ch)
        want[static_cast<size_t>(i)] += double{pixel[ch]} * taps[ch * w[2] * w[3]];
    }
  }
  return want;
}

/// The bound is twice the error of eager PyTorch's kernel, which is the blocked one, on uniform
/// operands. One sequence of 1152 products gives 5.9e-7; with AVX2 and less, where eager adds so
/// too, there is nothing better.
TEST_F(OneDnn, ConvolutionOfAnyLengthIsAsExactAsOf640Products) {
  if (isa() != Isa::kAvx512) GTEST_SKIP() << "the exact candidates need AVX-512";
  for (const auto& [channels, kernel] :
       {std::pair{64, 3}, {128, 3}, {512, 3}, {656, 1}, {2048, 1}}) {
    const Operand w = tensor({16, channels, kernel, kernel}, kPlain, true, random_);
    const int64_t pad = kernel / 2;
    for (int64_t batch : {1, 2}) {
      const Case c =
          make_conv({channels, 16, kernel, 1, pad, pad}, batch, kLast, kLast, w, absent(), random_);
      SCOPED_TRACE(::testing::Message() << channels << " channels, kernel " << kernel);
      expect_accurate(c, exact_convolution(c), 4.6e-7);
    }
  }
}

TEST_F(OneDnn, LongSumsHaveCandidatesOfTheirOwn) {
  if (isa() != Isa::kAvx512) GTEST_SKIP() << "the exact candidates need AVX-512";
  auto supports = [&](const char* name, int64_t channels) {
    const Operand w = tensor({32, channels, 3, 3}, kPlain, true, random_);
    const Case c = make_conv({channels, 32, 3, 1, 1, 1, 1, 1, false, ""}, 1, kLast, kLast, w,
                             absent(), random_);
    return static_cast<bool>(find_kernel("convolution", name)->supports(c.problem()));
  };
  for (const auto& [channels, exact] : {std::pair{64, false}, {80, true}, {512, true}}) {
    EXPECT_EQ(exact, supports("onednn.convolution_blocked", channels)) << channels;
    EXPECT_EQ(exact, supports("onednn.convolution_split", channels)) << channels;
    EXPECT_EQ(!exact, supports("onednn.convolution", channels)) << channels;
  }
}

}  // namespace
}  // namespace tenon::kernels::onednn_test
