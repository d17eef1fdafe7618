// SPDX-License-Identifier: Apache-2.0
// The oneDNN candidates against the reference kernels: layouts, packed weights that are used at a
// batch they were not packed for, run-time weights.
#include "ops/onednn_case.h"

namespace tenon::kernels::onednn_test {
namespace {

constexpr Conv kConvs[] = {
    {16, 32, 3, 1, 1, 1},
    {17, 13, 3, 2, 1, 0, 1, 1, true, "relu"},
    {33, 7, 3, 1, 2, 2, 2, 1, false, "gelu_erf"},
    {32, 32, 3, 1, 1, 1, 1, 4, true, "silu"},
    {24, 24, 3, 2, 1, 1, 1, 24, false, "clip", 0, 0.6},
    {10, 20, 3, 1, 1, 1, 1, 10, false, "mish"},
    {64, 64, 1, 1, 0, 0, 1, 1, true, "leaky_relu", 0.1},
    {64, 96, 1, 2, 0, 0, 1, 1, false, "elu", 0.7},
    {1, 6, 5, 1, 2, 2, 1, 1, false, "tanh"},
    {3, 64, 7, 2, 3, 3, 1, 1, false, "relu"},
    {8, 8, 3, 1, 0, 2, 1, 1, true, "hard_sigmoid", 0.2, 0.5},
    {8, 8, 3, 1, 1, 1, 1, 2, true, "hard_swish"},
    {8, 16, 2, 3, 0, 0, 1, 1, true, "gelu_tanh"},
    {8, 16, 3, 1, 1, 1, 3, 1, false, "softplus"},
    {8, 16, 3, 1, 1, 1, 1, 1, true, "sigmoid"},
    {256, 32, 3, 1, 1, 1, 1, 1, true, "relu"},  // long sums: blocked and split
    {240, 16, 3, 2, 1, 0},
};

int check_conv(const Conv& v, Layout in, Layout out, bool constant, std::minstd_rand& random) {
  const Operand w = tensor({v.k, v.c / v.groups, v.kernel, v.kernel}, kPlain, constant, random);
  const Operand bias = tensor({v.k}, kPlain, constant, random);
  const Case one = make_conv(v, 1, in, out, w, bias, random);
  const Case five = make_conv(v, 5, in, out, w, bias, random);
  return check(one, five, "convolution " + std::to_string(&v - kConvs));
}

/// Candidates there must be: with AVX-512 oneDNN has a kernel for every case of the table, with
/// less some are left to its reference code, which is refused.
int at_least() { return isa() == Isa::kAvx512 ? 1 : 0; }

TEST_F(OneDnn, ConvolutionInEveryLayout) {
  for (const Conv& v : kConvs)
    for (Layout in : {kPlain, kLast})
      for (Layout out : {kPlain, kLast})
        EXPECT_GE(check_conv(v, in, out, true, random_), at_least());
}

TEST_F(OneDnn, ConvolutionWithRunTimeWeights) {
  for (const Conv& v : kConvs) EXPECT_GE(check_conv(v, kLast, kLast, false, random_), at_least());
}

TEST_F(OneDnn, Linear) {
  struct {
    Shape x;
    int64_t n;
    bool residual;
    const char* activation;
  } const cases[] = {
      {{4, 37, 64}, 50, true, "gelu_erf"},
      {{1, 512}, 1000, true, ""},
      {{33}, 7, false, "relu"},
      {{5, 33}, 7, true, "silu"},
      {{2, 3, 4, 48}, 16, true, "elu"},
      {{3, 1}, 1, true, ""},
  };
  for (const auto& v : cases) {
    for (bool constant : {true, false}) {
      const Operand w = tensor({v.n, v.x.back()}, kPlain, constant, random_);
      const Operand bias = tensor({v.n}, kPlain, constant, random_);
      Shape more = v.x;
      if (more.size() > 1) more[0] += 6;
      EXPECT_EQ(2,
                check(make_linear(v.x, v.residual, v.activation, w, bias, random_),
                      make_linear(more, v.residual, v.activation, w, bias, random_), v.activation));
    }
  }
}

Case make_product(Shape a, const char* op0, Shape b, const char* op1, Shape y, bool constant,
                  std::minstd_rand& random) {
  Case c;
  c.layer.op = "matrix_multiply";
  c.layer.set("op0", std::string(op0));
  c.layer.set("op1", std::string(op1));
  c.in = {tensor(a, kPlain, false, random), tensor(b, kPlain, constant, random)};
  c.out.shape = y;
  return c;
}

TEST_F(OneDnn, MatrixMultiply) {
  struct {
    Shape a;
    const char* op0;
    Shape b;
    const char* op1;
    Shape y;
  } const cases[] = {
      {{5, 7}, "none", {7, 9}, "none", {5, 9}},
      {{7, 5}, "transpose", {9, 7}, "transpose", {5, 9}},
      {{2, 3, 5, 7}, "none", {2, 3, 9, 7}, "transpose", {2, 3, 5, 9}},
      {{2, 3, 5, 7}, "none", {7, 9}, "none", {2, 3, 5, 9}},
      {{2, 3, 7, 5}, "transpose", {9, 7}, "transpose", {2, 3, 5, 9}},
      {{2, 1, 5, 7}, "none", {1, 3, 7, 9}, "none", {2, 3, 5, 9}},
      {{2, 3, 5, 64}, "none", {3, 64, 9}, "none", {2, 3, 5, 9}},
      {{4, 5, 7}, "none", {7}, "vector", {4, 5}},
      {{7}, "vector", {4, 7, 5}, "none", {4, 5}},
      {{7}, "vector", {7}, "vector", {}},
  };
  for (const auto& v : cases) {
    for (bool constant : {false, true}) {
      const Case c = make_product(v.a, v.op0, v.b, v.op1, v.y, constant, random_);
      EXPECT_EQ(1, check(c, c, std::string(v.op0) + " " + v.op1));
    }
  }
}

TEST_F(OneDnn, Deconvolution) {
  struct {
    int64_t c, k, kernel, stride, pad, extra, dilation, groups;
  } const cases[] = {{16, 8, 3, 2, 1, 1, 1, 1},
                     {8, 12, 4, 2, 1, 0, 1, 1},
                     {8, 16, 3, 1, 0, 0, 2, 4},
                     {8, 8, 2, 2, 0, 1, 1, 8},
                     {5, 3, 3, 3, 0, 2, 1, 1}};
  for (const auto& v : cases) {
    for (Layout layout : {kPlain, kLast}) {
      const int64_t out = 6 * v.stride + (v.kernel - 1) * v.dilation + 1 - 2 * v.pad + v.extra;
      const Operand w = tensor({v.c, v.k / v.groups, v.kernel, v.kernel}, kPlain, true, random_);
      const Operand bias = tensor({v.k}, kPlain, true, random_);
      auto make = [&](int64_t batch) {
        Case c;
        c.layer.op = "deconvolution";
        c.layer.set("stride", Shape{v.stride, v.stride});
        c.layer.set("pre_padding", Shape{v.pad, v.pad});
        c.layer.set("post_padding", Shape{v.pad, v.pad});
        c.layer.set("dilation", Shape{v.dilation, v.dilation});
        c.layer.set("output_padding", Shape{v.extra, v.extra});
        c.layer.set("groups", v.groups);
        c.in = {tensor({batch, v.c, 7, 7}, layout, false, random_), w, bias};
        c.out.shape = {batch, v.k, out, out};
        c.out.layout = layout;
        return c;
      };
      EXPECT_EQ(1, check(make(1), make(3), "deconvolution"));
    }
  }
}

TEST_F(OneDnn, Pooling) {
  // ceil mode makes one more window of 13 than of 12
  struct {
    const char* type;
    int64_t window, stride, pad;
    bool ceil, exclude;
    int64_t out;
  } const cases[] = {{"average", 3, 2, 1, false, false, 7},
                     {"average", 2, 2, 0, true, true, 7},
                     {"average", 3, 5, 1, false, true, 3},
                     {"average", 13, 13, 0, false, true, 1}};
  for (const auto& v : cases) {
    for (Layout layout : {kPlain, kLast}) {
      Case c;
      c.layer.op = "pooling";
      c.layer.set("type", std::string(v.type));
      c.layer.set("window", Shape{v.window, v.window});
      c.layer.set("stride", Shape{v.stride, v.stride});
      c.layer.set("pre_padding", Shape{v.pad, v.pad});
      c.layer.set("post_padding", Shape{v.pad, v.pad});
      c.layer.set("ceil_mode", v.ceil);
      c.layer.set("exclude_padding", v.exclude);
      c.in = {tensor({2, 19, 13, 13}, layout, false, random_)};
      c.out.shape = {2, 19, v.out, v.out};
      c.out.layout = layout;
      EXPECT_EQ(1, check(c, c, v.type));
      c.layer.set("type", std::string("max"));
      EXPECT_FALSE(find_kernel("pooling", "onednn.pooling")->supports(c.problem()));
    }
  }
}

}  // namespace
}  // namespace tenon::kernels::onednn_test
