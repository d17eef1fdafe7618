// SPDX-License-Identifier: Apache-2.0
#include "net/layer_case.h"

namespace tenon::net {
namespace {

TEST(Reduce, Types) {
  expect_types({
      {"reduce(f32[2, 3, 4]) {axes=[1]}", "f32[2, 4]"},
      {"reduce(f32[s0, 3, n]) {axes=[0, 2] keep_dims=true operation=\"avg\"}", "f32[1, 3, 1]"},
      {"reduce(bool[s0, 3]) {axes=[1] operation=\"any\"}", "bool[s0]"},
      {"reduce(i64[]) {operation=\"max\"}", "i64[]"},
      {"reduce(f32[0, 3]) {axes=[0]}", "f32[3]"},
      {"arg_reduce(f32[s0, 10]) {axis=-1}", "i64[s0]"},
      {"arg_reduce(i32[s0, 10]) {operation=\"min\" axis=1 keep_dims=true}", "i64[s0, 1]"},
      {"softmax(f16[s0, n])", "f16[s0, n]"},
      {"cumsum(i64[s0, n]) {axis=1}", "i64[s0, n]"},
      {"topk(f32[s0, 10]) {k=3}", "f32[s0, 3], i64[s0, 3]"},
      {"topk(f32[n, 10]) {k=3 axis=0 largest=false}", "f32[3, 10], i64[3, 10]"},
  });
}

TEST(Reduce, Errors) {
  expect_errors({
      {"reduce(f32[2, 3])", "axes is empty, wanted at least one axis"},
      {"reduce(f32[2, 3]) {axes=[2]}", "axis 2 is out of range for input f32[2, 3]"},
      {"reduce(f32[2, 3]) {axes=[-1]}", "axis -1 is out of range"},
      {"reduce(f32[2, 3]) {axes=[1, 0]}", "axes 1, 0 are not sorted and distinct"},
      {"reduce(f32[2, 3]) {axes=[1] operation=\"mean\"}", "operation is \"mean\""},
      {"reduce(i32[2, 3]) {axes=[1] operation=\"avg\"}", "wanted a floating-point type"},
      {"reduce(f32[2, 3]) {axes=[1] operation=\"all\"}", "wanted type bool"},
      {"reduce(bool[2, 3]) {axes=[1]}", "wanted a floating-point or integer type"},
      {"reduce(f32[0, 3]) {axes=[0] operation=\"max\"}",
       "max over axis 0 of f32[0, 3], which is empty"},
      {"arg_reduce(f32[2, 3]) {axis=2}",
       "axis 2 is out of range for rank 2\n  arg_reduce: input is f32[2, 3]"},
      {"softmax(i32[2, 3])", "softmax: input is i32[2, 3], wanted a floating-point type"},
      {"topk(f32[2, 3]) {k=4}", "k is 4, but axis 1 of f32[2, 3] has 3 elements"},
      {"topk(f32[2, 3]) {k=0}", "k is 0, wanted at least 1"},
      {"cumsum(bool[2])", "wanted a floating-point or integer type"},
  });
}

}  // namespace
}  // namespace tenon::net
