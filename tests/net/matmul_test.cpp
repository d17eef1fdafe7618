// SPDX-License-Identifier: Apache-2.0
#include "net/layer_case.h"

namespace tenon::net {
namespace {

TEST(Linear, Types) {
  expect_types({
      {"linear(f32[8, 16], f32[32, 16], f32[32])", "f32[8, 32]"},
      {"linear(f32[16], f32[32, 16])", "f32[32]"},
      {"linear(bf16[s0, n, 16], bf16[4, 16], _, bf16[s0, n, 4]) {activation=\"gelu_erf\"}",
       "bf16[s0, n, 4]"},
  });
}

TEST(Linear, Errors) {
  expect_errors({
      {"linear(f32[8, 15], f32[32, 16])",
       "linear: input f32[8, 15] has 15 features, but kernel f32[32, 16] wants 16"},
      {"linear(f32[8, n], f32[32, 16])", "has n features"},
      {"linear(f32[8, 16], f32[32, 16], f32[16])", "bias is f32[16], wanted shape [32]"},
      {"linear(f32[], f32[32, 16])", "of rank 0, wanted rank 1 to 8"},
  });
}

TEST(MatrixMultiply, Types) {
  expect_types({
      {"matrix_multiply(f32[2, 3], f32[3, 4])", "f32[2, 4]"},
      {"matrix_multiply(f32[s0, 8, n, 16], f32[1, 8, n, 16]) {op1=\"transpose\"}",
       "f32[s0, 8, n, n]"},
      {"matrix_multiply(f32[3, 2], f32[5, 3, 4]) {op0=\"transpose\"}", "f32[5, 2, 4]"},
      {"matrix_multiply(f32[3], f32[3]) {op0=\"vector\" op1=\"vector\"}", "f32[]"},
      {"matrix_multiply(f32[3], f32[7, 3, 4]) {op0=\"vector\"}", "f32[7, 4]"},
      {"matrix_multiply(f32[7, 4, 3], f32[3]) {op1=\"vector\"}", "f32[7, 4]"},
  });
}

TEST(MatrixMultiply, Errors) {
  expect_errors({
      {"matrix_multiply(f32[2, 3], f32[4, 5])",
       "matrix_multiply: a f32[2, 3] (none) has depth 3, but b f32[4, 5] (none) has depth 4"},
      {"matrix_multiply(f32[2, 2, 3], f32[5, 3, 4])", "shapes [2] and [5] do not broadcast"},
      {"matrix_multiply(f32[3], f32[3, 4])", "a is f32[3] of rank 1, wanted rank 2 to 8"},
      {"matrix_multiply(f32[2, 3], f32[3, 4]) {op0=\"transposed\"}",
       "op0 is \"transposed\", wanted one of: none, transpose, vector"},
      {"matrix_multiply(i64[2, 3], i64[3, 4])", "wanted a floating-point type"},
  });
}

}  // namespace
}  // namespace tenon::net
