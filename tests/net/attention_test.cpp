// SPDX-License-Identifier: Apache-2.0
#include "net/layer_case.h"

namespace tenon::net {
namespace {

TEST(Attention, Types) {
  expect_types({
      {"attention(f32[2, 8, 10, 64], f32[2, 8, 12, 64], f32[2, 8, 12, 32])", "f32[2, 8, 10, 32]"},
      {"attention(bf16[s0, 8, n, 64], bf16[s0, 2, n, 64], bf16[s0, 2, n, 64]) {causal=true}",
       "bf16[s0, 8, n, 64]"},
      {"attention(f32[2, 8, n, 64], f32[2, 8, n, 64], f32[2, 8, n, 64], bool[2, 1, n, n])",
       "f32[2, 8, n, 64]"},
      {"attention(f32[2, 8, n, 64], f32[2, 8, 5, 64], f32[2, 8, 5, 64], f32[n, 5])",
       "f32[2, 8, n, 64]"},
      {"attention(f32[2, n, 8, 64], f32[2, 5, 8, 64], f32[2, 8, 5, 64]) {query_layout=\"bshd\" "
       "key_layout=\"bshd\"}",
       "f32[2, 8, n, 64]"},
      {"attention(f32[2, 8, n, 64], f32[2, 8, 5, 64], f32[2, 8, 5, 64]) {output_layout=\"bshd\"}",
       "f32[2, n, 8, 64]"},
  });
}

TEST(Attention, Errors) {
  expect_errors({
      {"attention(f32[2, 8, 10, 64], f32[3, 8, 12, 64], f32[2, 8, 12, 64])",
       "batch of key is 3, wanted 2 as query has"},
      {"attention(f32[2, 8, 10, 64], f32[2, 8, 12, 32], f32[2, 8, 12, 64])",
       "head size of key is 32, wanted 64"},
      {"attention(f32[2, 8, 10, 64], f32[2, 8, 12, 64], f32[2, 8, 11, 64])",
       "sequence length of value is 11, wanted 12 as key has"},
      {"attention(f32[2, 8, 10, 64], f32[2, 3, 12, 64], f32[2, 3, 12, 64])",
       "query has 8 heads, wanted a multiple of key's 3"},
      {"attention(f32[2, 8, 10, 64], f32[2, 8, 12, 64], f32[2, 8, 12, 64], f32[12, 10])",
       "mask is f32[12, 10]"},
      {"attention(f32[1, 8, 10, 64], f32[1, 8, 12, 64], f32[1, 8, 12, 64], f32[2, 1, 1, 1])",
       "mask is f32[2, 1, 1, 1], wanted a shape that broadcasts to [1, 8, 10, 12]"},
      {"attention(f32[2, 8, 10, 64], f32[2, 8, 12, 64], f32[2, 8, 12, 64], i32[10, 12])",
       "mask is i32[10, 12], wanted type f32"},
      {"attention(f32[8, 10, 64], f32[8, 12, 64], f32[8, 12, 64])",
       "query is f32[8, 10, 64] of rank 3, wanted rank 4"},
      {"attention(f32[2, 8, 10, 64], f32[2, 8, 12, 64], f32[2, 8, 12, 64]) {query_layout=\"sbhd\"}",
       "query_layout is \"sbhd\""},
  });
}

TEST(Normalization, Types) {
  expect_types({
      {"normalization(f32[s0, n, 64], f32[64], f32[64])", "f32[s0, n, 64]"},
      {"normalization(f32[s0, 4, 8], f32[4, 8], _, f32[s0, 4, 8]) {rank=2 rms=true}",
       "f32[s0, 4, 8]"},
      {"group_norm(f32[s0, 32, n, n], f32[32], f32[32]) {groups=8}", "f32[s0, 32, n, n]"},
  });
}

TEST(Normalization, Errors) {
  expect_errors({
      {"normalization(f32[2, 64], f32[2, 64])", "scale is f32[2, 64], wanted shape [64]"},
      {"normalization(f32[2, 64]) {rank=3}", "rank is 3, wanted 1 to the rank of input f32[2, 64]"},
      {"normalization(f32[2, 64], _, _, f32[64])", "residual is f32[64], wanted shape [2, 64]"},
      {"normalization(f16[2, 64], f32[64])", "scale is f32[64], wanted type f16"},
      {"group_norm(f32[2, 30, 4]) {groups=8}", "has 30 channels, wanted a multiple of groups 8"},
      {"group_norm(f32[2, 32, 4], f32[8]) {groups=8}", "scale is f32[8], wanted shape [32]"},
  });
}

}  // namespace
}  // namespace tenon::net
