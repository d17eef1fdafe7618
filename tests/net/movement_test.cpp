// SPDX-License-Identifier: Apache-2.0
// Layers that move data: shuffle, expand, concatenation, slice, padding, gather, resize, fill.
#include "net/layer_case.h"

namespace tenon::net {
namespace {

TEST(Shuffle, Types) {
  expect_types({
      {"shuffle(f32[2, 3, 4]) {first_transpose=[2, 0, 1]}", "f32[4, 2, 3]"},
      {"shuffle(f32[s0, 6]) {reshape_dims=[<s0>, <2>, <3>] has_reshape=true}", "f32[s0, 2, 3]"},
      {"shuffle(f32[s0, n, 8, 4]) {first_transpose=[0, 2, 1, 3] reshape_dims=[<8*s0>, <4*n>] "
       "has_reshape=true second_transpose=[1, 0]}",
       "f32[4*n, 8*s0]"},
      {"shuffle(f32[1, 1]) {has_reshape=true}", "f32[]"},
      {"shuffle(f32[])", "f32[]"},
      {"expand(f32[n, 1]) {dims=[<4>, <n>, <s0>]}", "f32[4, n, s0]"},
      {"expand(f32[]) {dims=[2, 3]}", "f32[2, 3]"},
  });
}

TEST(Shuffle, Errors) {
  expect_errors({
      {"shuffle(f32[2, 3]) {first_transpose=[0, 0]}", "wanted a permutation of 2 dims"},
      {"shuffle(f32[2, 3]) {second_transpose=[1]}", "wanted a permutation of 2 dims"},
      {"shuffle(f32[2, 3]) {reshape_dims=[7] has_reshape=true}",
       "cannot reshape [2, 3] (6 elements) to [7] (7 elements)"},
      {"shuffle(f32[s0, 3]) {reshape_dims=[<s1>, <3>] has_reshape=true}",
       "(3*s0 elements) to [s1, 3] (3*s1 elements)"},
      {"shuffle(f32[2, 3]) {reshape_dims=[6]}", "but has_reshape is false"},
      {"shuffle(f32[2, 3]) {reshape_dims=[-2, -3] has_reshape=true}", "wanted sizes of at least 0"},
      {"expand(f32[2, 3]) {dims=[4, 3]}", "size 0 is 2, wanted 1 or 4 to expand to [4, 3]"},
      {"expand(f32[2, 3]) {dims=[3]}", "which has more dims than [3]"},
      {"expand(f32[1]) {dims=[-1]}", "wanted sizes of at least 0"},
  });
}

TEST(Concatenation, Types) {
  expect_types({
      {"concatenation(f32[2, 3], f32[2, 4], f32[2, 5]) {axis=1}", "f32[2, 12]"},
      {"concatenation(f32[s0, n, 3], f32[s0, 2, 3]) {axis=-2}", "f32[s0, n + 2, 3]"},
      {"concatenation(f32[n], f32[n])", "f32[2*n]"},
  });
}

TEST(Concatenation, Errors) {
  expect_errors({
      {"concatenation(f32[2, 3], f32[3, 3]) {axis=1}",
       "inputs[1] is f32[3, 3], wanted the sizes of inputs[0] f32[2, 3] except along axis 1"},
      {"concatenation(f32[2, 3], i32[2, 3])", "inputs[1] is i32[2, 3], wanted type f32"},
      {"concatenation(f32[2, 3], f32[2])", "inputs[1] is f32[2] of rank 1, wanted rank 2"},
      {"concatenation()", "concatenation: inputs[0] is missing"},
      {"concatenation(f32[2], _)", "inputs[1] is missing"},
  });
}

TEST(Slice, Types) {
  expect_types({
      {"slice(f32[10, 4]) {start=[2, 0] size=[4, 4] stride=[2, 1]}", "f32[4, 4]"},
      {"slice(f32[10]) {start=[9] size=[10] stride=[-1]}", "f32[10]"},
      {"slice(f32[s0, n]) {start=[<0>, <n - 1>] size=[<s0>, <1>]}", "f32[s0, 1]"},
      {"slice(f32[n]) {start=[<1>] size=[<n - 1>]}", "f32[n - 1]"},
      {"slice(f32[4]) {start=[4] size=[0]}", "f32[0]"},
  });
}

TEST(Slice, Errors) {
  expect_errors({
      {"slice(f32[10]) {start=[8] size=[3]}",
       "start 8, size 3, stride 1 read index 10 of dim 0 of input f32[10]"},
      {"slice(f32[n]) {start=[<1>] size=[<n>]}", "read index n of dim 0"},
      {"slice(f32[10]) {start=[1] size=[3] stride=[-1]}", "read index -1 of dim 0"},
      {"slice(f32[10]) {start=[-1] size=[1]}", "read index -1 of dim 0"},
      {"slice(f32[10]) {start=[0] size=[1] stride=[0]}", "stride of dim 0 is 0"},
      {"slice(f32[10, 2]) {start=[0] size=[1]}",
       "wanted one value for each dim of input f32[10, 2]"},
  });
}

TEST(Padding, Types) {
  expect_types({
      {"padding(f32[2, n]) {pre_padding=[0, 1] post_padding=[0, 2]}", "f32[2, n + 3]"},
      {"padding(bool[4]) {pre_padding=[-1] post_padding=[-2]}", "bool[1]"},
      {"padding(f32[1, 4]) {pre_padding=[0, 3] mode=\"reflect\"}", "f32[1, 7]"},
      {"padding(f32[1, 4]) {post_padding=[0, 4] mode=\"circular\"}", "f32[1, 8]"},
  });
}

TEST(Padding, Errors) {
  expect_errors({
      {"padding(f32[2, 4]) {pre_padding=[1]}", "pre_padding has 1 values, wanted none or 2"},
      {"padding(f32[1, 4]) {pre_padding=[0, 4] mode=\"reflect\"}",
       "wanted at most 3 in mode reflect"},
      {"padding(f32[4]) {pre_padding=[-1] mode=\"replicate\"}",
       "wanted at least 0 in mode replicate"},
      {"padding(f32[4]) {pre_padding=[-5]}", "leaves size -1"},
      {"padding(f32[4]) {mode=\"edge\"}", "mode is \"edge\""},
  });
}

TEST(Gather, Types) {
  expect_types({
      {"gather(f32[100, 64], i64[s0, n])", "f32[s0, n, 64]"},
      {"gather(f32[2, 100, 64], i32[]) {axis=1}", "f32[2, 64]"},
      {"gather(f32[4, n], i64[2, n]) {mode=\"element\"}", "f32[2, n]"},
      {"gather_nd(f32[2, 5, 6, 7], i64[3, 1], i64[4]) {first_axis=1}", "f32[2, 3, 4, 7]"},
  });
}

TEST(Gather, Errors) {
  expect_errors({
      {"gather(f32[4], f32[2])", "indices is f32[2], wanted i32 or i64"},
      {"gather(f32[4], i64[2]) {axis=1}", "axis 1 is out of range for rank 1"},
      {"gather(f32[4, 3], i64[2, 4]) {mode=\"element\"}",
       "wanted sizes of at most those of data f32[4, 3] except along axis 0"},
      {"gather(f32[4], i64[2]) {mode=\"nd\"}", "mode is \"nd\""},
      {"gather_nd(f32[2, 5], i64[3], i64[3]) {first_axis=1}", "first_axis 1 with 2 index tensors"},
      {"gather_nd(f32[2, 5], i64[3], i64[4])", "shapes [3] and [4] do not broadcast"},
  });
}

TEST(Resize, Types) {
  expect_types({
      {"resize(f32[2, 3, 8, 8]) {output_size=[16, 16]}", "f32[2, 3, 16, 16]"},
      {"resize(f32[s0, 3, n]) {output_size=[<2*n>] mode=\"linear\" align_corners=true}",
       "f32[s0, 3, 2*n]"},
      {"resize(u8[1, 3, 8]) {output_size=[16] scales=[2.0]}", "u8[1, 3, 16]"},
  });
}

TEST(Resize, Errors) {
  expect_errors({
      {"resize(f32[2, 3, 8, 8])", "output_size is [], wanted 1 to 3 sizes"},
      {"resize(f32[3, 8, 8]) {output_size=[16, 16]}", "of rank 3, wanted rank 4"},
      {"resize(f32[2, 3, 8]) {output_size=[16] mode=\"cubic\"}",
       "mode cubic over 1 dims, wanted 2"},
      {"resize(u8[2, 3, 8]) {output_size=[16] mode=\"linear\"}", "wanted a floating-point type"},
      {"resize(f32[2, 3, 8]) {output_size=[16] align_corners=true}",
       "wanted false in mode nearest"},
      {"resize(f32[2, 3, 8]) {output_size=[16] scales=[2.0, 2.0]}",
       "scales has 2 values, wanted none or 1"},
      {"resize(f32[2, 3, 8]) {output_size=[0]}", "wanted sizes of at least 1"},
  });
}

TEST(Sources, Types) {
  expect_types({
      {"fill() {dims=[<s0>, <3>] to=bool value=1.0}", "bool[s0, 3]"},
      {"fill()", "f32[]"},
      {"range() {size=[<n>]}", "i64[n]"},
      {"size_of() {size=[<2*n>]}", "i64[]"},
  });
}

TEST(Sources, Errors) {
  expect_errors({
      {"fill() {dims=[-1]}", "dims contains -1, wanted at least 0"},
      {"fill() {to=f8}", "to is f8, which no layer computes in"},
      {"range()", "size is [], wanted one value"},
      {"range() {size=[4] to=bool}", "to is bool, wanted a floating-point or integer type"},
      {"size_of() {size=[1, 2]}", "size is [1, 2], wanted one value"},
      {"no_such_layer(f32[1])", "there is no layer \"no_such_layer\""},
  });
}

}  // namespace
}  // namespace tenon::net
