// SPDX-License-Identifier: Apache-2.0
#include "net/layer_case.h"

namespace tenon::net {
namespace {

TEST(Convolution, Types) {
  expect_types({
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3])", "f32[2, 4, 6, 6]"},
      {"convolution(f32[2, 3, 224, 224], f32[64, 3, 7, 7], f32[64]) {stride=[2, 2] pre_padding=[3, "
       "3] post_padding=[3, 3]}",
       "f32[2, 64, 112, 112]"},
      {"convolution(bf16[s0, 4, 9], bf16[8, 2, 3], bf16[8]) {groups=2 dilation=[2]}",
       "bf16[s0, 8, 5]"},
      {"convolution(f32[s0, 3, n, 8], f32[4, 3, 3, 3]) {stride=[2, 2] pre_padding=[1, 1] "
       "post_padding=[1, 1]}",
       "f32[s0, 4, floordiv(n + 1, 2), 4]"},
      {"convolution(f32[s0, 3, n, n], f32[3, 1, 1, 1]) {groups=3}", "f32[s0, 3, n, n]"},
      {"convolution(f32[1, 1, 4, 4, 4], f32[2, 1, 2, 2, 2], _, f32[1, 2, 3, 3, 3]) "
       "{activation=\"relu\"}",
       "f32[1, 2, 3, 3, 3]"},
  });
}

TEST(Convolution, Errors) {
  expect_errors({
      {"convolution(f32[2, 4, 8, 8], f32[4, 3, 3, 3])",
       "convolution: input f32[2, 4, 8, 8] has 4 channels, but kernel f32[4, 3, 3, 3] with groups "
       "1 wants 3"},
      {"convolution(f32[2, 4, 8, 8], f32[3, 2, 3, 3]) {groups=2}",
       "makes 3 channels, wanted a multiple of groups 2"},
      {"convolution(i32[2, 3, 8, 8], i32[4, 3, 3, 3])",
       "convolution: input is i32[2, 3, 8, 8], wanted a floating-point type"},
      {"convolution(f32[2, 3, 8, 8], f16[4, 3, 3, 3])",
       "convolution: kernel is f16[4, 3, 3, 3], wanted type f32"},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3])",
       "kernel is f32[4, 3, 3] of rank 3, wanted rank 4"},
      {"convolution(f32[3, 8], f32[4, 3])", "of rank 2, wanted rank 3 to 5"},
      {"convolution(f32[2, 3, 2, 8], f32[4, 3, 3, 3])",
       "size 2 of input (f32[2, 3, 2, 8]) is 2 with padding, wanted at least the kernel's extent "
       "3"},
      {"convolution(f32[2, n, 8, 8], f32[4, 3, 3, 3])",
       "size 1 of input (f32[2, n, 8, 8]) is only known at run time, wanted a constant"},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3], f32[3])",
       "convolution: bias is f32[3], wanted shape [4]"},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3], _, f32[2, 4, 8, 8])",
       "convolution: residual is f32[2, 4, 8, 8], wanted shape [2, 4, 6, 6]"},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3]) {stride=[2]}",
       "stride has 1 values, wanted none or 2"},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3]) {stride=[0, 1]}",
       "stride contains 0, wanted at least 1"},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3]) {groups=0}",
       "groups is 0, wanted at least 1"},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3]) {activation=\"rellu\"}",
       "activation is \"rellu\""},
      {"convolution(f32[2, 3, 8, 8], _)", "convolution: kernel is missing"},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3]) {strides=[2, 2]}",
       "convolution has no attribute \"strides\""},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3]) {groups=\"1\"}",
       "attribute \"groups\" is \"1\", wanted type int"},
      {"convolution(f32[2, 3, 8, 8], f32[4, 3, 3, 3], _, _, f32[1])",
       "convolution has 5 inputs, wanted 4"},
  });
}

TEST(Deconvolution, Types) {
  expect_types({
      {"deconvolution(f32[2, 4, 5, 5], f32[4, 8, 2, 2], f32[8]) {stride=[2, 2]}",
       "f32[2, 8, 10, 10]"},
      {"deconvolution(f32[s0, 4, n], f32[4, 2, 3]) {groups=2 stride=[2] pre_padding=[1] "
       "post_padding=[1] output_padding=[1]}",
       "f32[s0, 4, 2*n]"},
  });
}

TEST(Deconvolution, Errors) {
  expect_errors({
      {"deconvolution(f32[2, 3, 5], f32[4, 8, 2])",
       "has 3 channels, but kernel f32[4, 8, 2] wants 4"},
      {"deconvolution(f32[2, 4, 5], f32[4, 8, 2]) {output_padding=[1]}",
       "output_padding is 1, wanted less than stride 1 or dilation 1"},
      {"deconvolution(f32[2, 4, 1], f32[4, 8, 2]) {pre_padding=[1] post_padding=[1]}",
       "size 2 of the output would be 0, wanted at least 1"},
  });
}

}  // namespace
}  // namespace tenon::net
