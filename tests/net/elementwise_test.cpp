// SPDX-License-Identifier: Apache-2.0
#include "net/layer_case.h"

namespace tenon::net {
namespace {

TEST(Elementwise, Types) {
  expect_types({
      {"activation(f32[s0, 3]) {type=\"gelu_tanh\"}", "f32[s0, 3]"},
      {"activation(i32[3]) {type=\"relu\"}", "i32[3]"},
      {"activation(f32[3]) {type=\"clip\" alpha=0.0 beta=6.0}", "f32[3]"},
      {"unary(f16[2, n]) {operation=\"rsqrt\"}", "f16[2, n]"},
      {"unary(f32[2, n]) {operation=\"isnan\"}", "bool[2, n]"},
      {"unary(bool[]) {operation=\"not\"}", "bool[]"},
      {"elementwise(f32[s0, 1, 4], f32[3, 1])", "f32[s0, 3, 4]"},
      {"elementwise(f32[n], f32[]) {operation=\"div\"}", "f32[n]"},
      {"elementwise(i64[n], i64[n]) {operation=\"less_equal\"}", "bool[n]"},
      {"elementwise(f32[1], f32[0])", "f32[0]"},
      {"elementwise(f32[n + 1], f32[1 + n]) {operation=\"pow\"}", "f32[n + 1]"},
      {"elementwise(bool[2], bool[1]) {operation=\"xor\"}", "bool[2]"},
      {"select(bool[n, 1], f32[1, 4], f32[])", "f32[n, 4]"},
      {"cast(f32[n]) {to=i64}", "i64[n]"},
      {"scale(f32[s0, 3, 8], f32[3], f32[3])", "f32[s0, 3, 8]"},
      {"scale(f32[s0, 8, 3], f32[3], f32[3]) {axis=-1}", "f32[s0, 8, 3]"},
      {"identity(bool[s0])", "bool[s0]"},
      {"reorder(f32[s0, 2, 2])", "f32[s0, 2, 2]"},
      {"prepare_image(f32[s0, 3, n, n]) {to=f16 channels=4}", "f16[s0, 4, n, n]"},
  });
}

TEST(Elementwise, Errors) {
  expect_errors({
      {"activation(f32[3]) {type=\"exp\"}", "activation: there is no type \"exp\""},
      {"activation(bool[3])",
       "relu is not defined on bool, wanted a floating-point or integer type"},
      {"unary(f32[3]) {operation=\"relu\"}", "unary: there is no operation \"relu\""},
      {"unary(i32[3])", "exp is not defined on i32, wanted a floating-point type"},
      {"unary(i32[3]) {operation=\"not\"}", "not is not defined on i32, wanted bool"},
      {"elementwise(f32[3], f16[3])", "elementwise: b is f16[3], wanted type f32"},
      {"elementwise(i32[3], i32[3]) {operation=\"div\"}", "div is not defined on i32"},
      {"elementwise(f32[3], f32[4])",
       "shapes [3] and [4] do not broadcast: sizes 3 and 4 differ and neither is 1"},
      {"elementwise(f32[s0], f32[s1])", "sizes s0 and s1 differ and neither is 1"},
      {"elementwise(f32[s0], f32[4])", "sizes s0 and 4 differ and neither is 1"},
      {"select(f32[3], f32[3], f32[3])", "select: condition is f32[3], wanted type bool"},
      {"select(bool[3], f32[3], i32[3])", "select: else_value is i32[3], wanted type f32"},
      {"cast(f32[3]) {to=i4}", "cast: to is i4, which no layer computes in"},
      {"prepare_image(f32[1, 3, 2]) {to=f16 channels=2}",
       "prepare_image: channels is 2, wanted at least the 3 of input"},
      {"prepare_image(f32[1, 3, 2]) {to=i32 channels=4}",
       "prepare_image: to is i32, wanted a floating-point type"},
      {"scale(f32[2, 3], f32[2], f32[3])", "scale: scale is f32[2], wanted shape [3]"},
      {"scale(f32[2, 3], f32[3], f32[3]) {axis=2}", "axis 2 is out of range for rank 2"},
  });
}

TEST(PointwiseLayer, Types) {
  expect_types({
      {"pointwise(f32[s0, 4], f32[4]) {program=[\"sum i0 i1\", \"relu t0\"]}", "f32[s0, 4]"},
      {"pointwise(f32[s0, 1], f32[4]) {program=[\"greater i0 i1\"]}", "bool[s0, 4]"},
      {"pointwise(f32[4]) {program=[\"const 0.5 f32\", \"prod t0 i0\", \"cast t1 f16\"]}",
       "f16[4]"},
  });
}

TEST(PointwiseLayer, Errors) {
  expect_errors({
      {"pointwise(f32[4])", "a pointwise program has at least one line"},
      {"pointwise(f32[4]) {program=[\"relu i0\", \"sum t0 i1\"]}",
       "operand i1 does not exist: there are 1 inputs\n  in line 1 of the pointwise program: sum "
       "t0 i1"},
      {"pointwise() {program=[\"const 1 f32\"]}", "pointwise: inputs[0] is missing"},
  });
}

}  // namespace
}  // namespace tenon::net
