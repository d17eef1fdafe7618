// SPDX-License-Identifier: Apache-2.0
#include "net/layer_case.h"

namespace tenon::net {
namespace {

// Sizes with ceil_mode are those torch.nn.functional.max_pool1d gives.
TEST(Pooling, Types) {
  expect_types({
      {"pooling(f32[2, 3, 8, 8]) {window=[2, 2] stride=[2, 2]}", "f32[2, 3, 4, 4]"},
      {"pooling(f32[s0, 64, 112, 112]) {window=[3, 3] stride=[2, 2] pre_padding=[1, 1] "
       "post_padding=[1, 1]}",
       "f32[s0, 64, 56, 56]"},
      {"pooling(f32[1, 3, n]) {type=\"average\" window=[2] stride=[2]}",
       "f32[1, 3, floordiv(n, 2)]"},
      {"pooling(i64[1, 3, 7]) {window=[3] dilation=[2]}", "i64[1, 3, 3]"},
      {"pooling(f32[1, 1, 6]) {window=[3] stride=[2] ceil_mode=true}", "f32[1, 1, 3]"},
      {"pooling(f32[1, 1, 5]) {window=[2] stride=[3] ceil_mode=true}", "f32[1, 1, 2]"},
      // The third window would start at 6, in the right padding.
      {"pooling(f32[1, 1, 5]) {window=[2] stride=[3] pre_padding=[1] post_padding=[1] "
       "ceil_mode=true}",
       "f32[1, 1, 2]"},
      {"pooling(f32[1, 1, 4]) {window=[2] stride=[5] ceil_mode=true}", "f32[1, 1, 1]"},
      {"pooling(f32[1, 1, n]) {window=[3] stride=[2] ceil_mode=true}", "f32[1, 1, floordiv(n, 2)]"},
      {"adaptive_pooling(f32[s0, 512, n, 7]) {output_size=[1, 1]}", "f32[s0, 512, 1, 1]"},
      {"adaptive_pooling(f32[2, 3, 9]) {type=\"max\" output_size=[4]}", "f32[2, 3, 4]"},
  });
}

TEST(Pooling, Errors) {
  expect_errors({
      {"pooling(f32[2, 3, 8, 8])", "window has 0 values, wanted 1 to 3"},
      {"pooling(f32[3, 8, 8]) {window=[2, 2]}",
       "pooling: input is f32[3, 8, 8] of rank 3, wanted rank 4"},
      {"pooling(f32[2, 3, 8]) {window=[0]}", "window contains 0, wanted at least 1"},
      {"pooling(f32[2, 3, 8]) {window=[2] type=\"min\"}",
       "type is \"min\", wanted one of: max, average"},
      {"pooling(i64[2, 3, 8]) {window=[2] type=\"average\"}", "wanted a floating-point type"},
      {"pooling(f32[2, 3, 8]) {window=[2] pre_padding=[2]}",
       "padding 2 and 0, wanted less than the window's extent 2"},
      {"pooling(f32[2, 3, 4]) {window=[5]}",
       "is 4 with padding, wanted at least the window's extent 5"},
      {"adaptive_pooling(f32[2, 3, 9]) {output_size=[0]}",
       "output_size contains 0, wanted at least 1"},
  });
}

}  // namespace
}  // namespace tenon::net
