// SPDX-License-Identifier: Apache-2.0
// Expected values are what torch gives for the same operands.
#include "op_test.h"

namespace tenon::test {
namespace {

// clang-format off
const std::vector<OpCase> kCases = {
    {.name = "matrix", .op = "linear", .in = {f32({2, 3}).with({1, -0.5, -0.25, -1.5, 1.5, 1}), f32({4, 3}).with({-1.25, 0, -2, -2, -0.5, 1, -0.75, -0.25, 0.75, -0.5, 1.5, 2}).constant(), f32({4}).with({0.75, -0.25, 0, 0}).constant()}, .expect = {{0, -2.25, -0.8125, -1.75, 0.625, 3, 1.5, 5}}, .expect_shapes = {Ints{2, 4}}},
    {.name = "vector", .op = "linear", .in = {f32({3}).with({0.5, 0, 1.75}), f32({2, 3}).with({-1, 0.75, 1.25, 0.75, 0.5, 1}).constant(), absent()}, .expect = {{1.6875, 2.125}}, .expect_shapes = {Ints{2}}},
    {.name = "batched", .op = "linear", .in = {f32({2, 2, 3}).with({-2, 1.5, 2, -2, 1.25, 2, 2, -0.5, 1.75, -1.25, 0.5, 1}), f32({2, 3}).with({-1.5, 0, 0.25, 0.75, 1, 0}).constant(), f32({2}).with({0, -1}).constant()}, .expect = {{3.5, -1, 3.5, -1.25, -2.5625, 0, 2.125, -1.4375}}, .expect_shapes = {Ints{2, 2, 2}}},
    {.name = "residual relu", .op = "linear", .attrs = {{"activation", "relu"}}, .in = {f32({2, 3}).with({2, 1.25, 0.5, 1.25, -1, 0.25}), f32({2, 3}).with({-1.25, 1.5, -0.25, 1.75, 1.25, -0.5}).constant(), f32({2}).with({-0.5, 1.25}).constant(), f32({2, 2}).with({1.5, 0.5, -1.5, -1.25})}, .expect = {{0.25, 6.5625, 0, 0.8125}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "gelu", .op = "linear", .attrs = {{"activation", "gelu_tanh"}}, .in = {f32({2, 3}).with({-1, -2, 1.75, 0, 0, 1.25}), f32({2, 3}).with({0.75, -0.25, -0.25, 1, 0, -1.25}).constant(), f32({2}).with({-1.5, 1.5}).constant()}, .expect = {{-0.031140925, -0.077349395, -0.063411623, -0.02969265}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "f16", .op = "linear", .in = {f16({2, 3}).with({-0.5, -1.25, 1, -0.25, -1.5, -2}), f16({2, 3}).with({0, 2, 0.25, -0.25, -1, -2}).constant(), f16({2}).with({0.5, 0.25}).constant()}, .expect = {{-1.75, -0.375, -3, 5.8125}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "bf16", .op = "linear", .in = {bf16({2, 3}).with({-0.5, -0.25, 0.5, 0, -0.5, -0.75}), bf16({2, 3}).with({2, 0, -1.75, 0.75, 1, 1.25}).constant(), absent()}, .expect = {{-1.875, 0, 1.3125, -1.4375}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "f64", .op = "linear", .in = {f64({2, 3}).with({-1.25, 0.25, -0.75, 2, -0.75, -1.5}), f64({2, 3}).with({-1.25, 1.5, -2, 1.25, 2, 0}).constant(), f64({2}).with({0.25, 1}).constant()}, .expect = {{3.6875, -0.0625, -0.375, 2}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "no rows", .op = "linear", .in = {f32({0, 3}), f32({2, 3}).with({1.25, -1.25, 0.25, -2, -0.25, 0.5}).constant(), f32({2}).with({1.5, 0}).constant()}, .expect = {{}}, .expect_shapes = {Ints{0, 2}}},
    {.name = "no columns", .op = "linear", .in = {f32({2, 0}), f32({3, 0}).constant(), f32({3}).with({-0.5, 2, -1.25}).constant()}, .expect = {{-0.5, 2, -1.25, -0.5, 2, -1.25}}, .expect_shapes = {Ints{2, 3}}},
    {.name = "tall random", .op = "linear", .attrs = {{"activation", "gelu_erf"}}, .in = {f32({65, 33}), f32({17, 33}).constant(), f32({17}).constant()}},
    {.name = "one row random", .op = "linear", .attrs = {{"activation", "gelu_erf"}}, .in = {f32({1, 128}), f32({200, 128}).constant(), f32({200}).constant()}},
    {.name = "transformer random", .op = "linear", .attrs = {{"activation", "gelu_erf"}}, .in = {f32({2, 7, 64}), f32({96, 64}).constant(), f32({96}).constant()}},
    {.name = "odd random", .op = "linear", .attrs = {{"activation", "gelu_erf"}}, .in = {f32({3, 5}), f32({7, 5}).constant(), f32({7}).constant()}},
    {.name = "half random", .op = "linear", .in = {f16({9, 64}), f16({32, 64}).constant()}},
    {.name = "brain float random", .op = "linear", .in = {bf16({9, 64}), bf16({32, 64}).constant()}},
    {.name = "kernel not constant", .op = "linear", .in = {f32({9, 64}), f32({32, 64}), f32({32})}},
    {.name = "plain", .op = "matrix_multiply", .attrs = {{"op0", "none"}, {"op1", "none"}}, .in = {f32({2, 3}).with({0.5, 0.75, 1.5, 0.75, 0.75, -1.25}), f32({3, 2}).with({1, -2, -1.25, -1.5, 1, 0.5})}, .expect = {{1.0625, -1.375, -1.4375, -3.25}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "transposed left", .op = "matrix_multiply", .attrs = {{"op0", "transpose"}, {"op1", "none"}}, .in = {f32({3, 2}).with({0.25, 1.5, -1.5, 1.5, -1.25, -1}), f32({3, 2}).with({1.25, -1.5, -1.5, 0.5, -1.75, 0.5})}, .expect = {{4.75, -1.75, 1.375, -2}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "transposed right", .op = "matrix_multiply", .attrs = {{"op0", "none"}, {"op1", "transpose"}}, .in = {f32({2, 3}).with({0.5, 1, -0.5, -1.75, -2, 1.75}), f32({4, 3}).with({-2, -1.75, 0, -1, 1.75, 1, -0.25, -0.75, -0.25, 1, 1.25, -0.25})}, .expect = {{-2.75, 0.75, -0.75, 1.875, 7, 0, 1.5, -4.6875}}, .expect_shapes = {Ints{2, 4}}},
    {.name = "both", .op = "matrix_multiply", .attrs = {{"op0", "transpose"}, {"op1", "transpose"}}, .in = {f32({3, 2}).with({-1.75, 0.5, 0.25, 0.25, 0, -1.25}), f32({2, 3}).with({1.25, -1, 0.5, 0.25, 0.25, -0.5})}, .expect = {{-2.4375, -0.375, -0.25, 0.8125}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "batch broadcast", .op = "matrix_multiply", .attrs = {{"op0", "none"}, {"op1", "none"}}, .in = {f32({2, 1, 2, 3}).with({0.75, 0.25, 1.25, 0, 1.25, 1.5, 0.5, 1, -1.5, 0, 2, 1.5}), f32({3, 3, 2}).with({0.25, 0, -1.75, 1, -1.5, -1, 1, -0.75, 1.75, 0, -1.5, -0.5, -1, -2, -2, 0, 0.5, -1.25})}, .expect = {{-2.125, -1, -4.4375, -0.25, -0.6875, -1.1875, -0.0625, -0.75, -0.625, -3.0625, -1.75, -1.875, 0.625, 2.5, -5.75, 0.5, 4.5, 0.375, 1.25, -0.75, -3.25, 0.875, -3.25, -1.875}}, .expect_shapes = {Ints{2, 3, 2, 2}}},
    {.name = "vector right", .op = "matrix_multiply", .attrs = {{"op0", "none"}, {"op1", "vector"}}, .in = {f32({2, 3}).with({0, 1, 0.75, 0.25, 2, 1.25}), f32({3}).with({-1, 1, 1.75})}, .expect = {{2.3125, 3.9375}}, .expect_shapes = {Ints{2}}},
    {.name = "vector left", .op = "matrix_multiply", .attrs = {{"op0", "vector"}, {"op1", "none"}}, .in = {f32({3}).with({-1.75, -2, 0.75}), f32({3, 2}).with({-1.75, 2, -0.5, 1, 0.25, 0.5})}, .expect = {{4.25, -5.125}}, .expect_shapes = {Ints{2}}},
    {.name = "dot", .op = "matrix_multiply", .attrs = {{"op0", "vector"}, {"op1", "vector"}}, .in = {f32({3}).with({-1, 2, -0.25}), f32({3}).with({-1.5, 1.25, 1.5})}, .expect = {{3.625}}, .expect_shapes = {Ints{}}},
    {.name = "batch of vectors", .op = "matrix_multiply", .attrs = {{"op0", "none"}, {"op1", "vector"}}, .in = {f32({2, 2, 3}).with({-0.75, 0.75, 0, 0.25, -1.5, 1, -0.5, -1.75, -1.75, 1.75, -0.75, 2}), f32({3}).with({0.75, -0.25, -0.25})}, .expect = {{-0.75, 0.3125, 0.5, 1}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "f16", .op = "matrix_multiply", .attrs = {{"op0", "none"}, {"op1", "none"}}, .in = {f16({2, 3}).with({0.75, 0, 0.25, -0.5, 1.25, 1.75}), f16({3, 2}).with({-0.25, -1.25, -1, -1.5, -0.5, -1})}, .expect = {{-0.3125, -1.1875, -2, -3}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "f64", .op = "matrix_multiply", .attrs = {{"op0", "none"}, {"op1", "none"}}, .in = {f64({2, 3}).with({-1.5, -1, 1.25, -1.25, 1.25, -2}), f64({3, 2}).with({-2, -0.75, -1.25, 1.75, -1.5, 0.25})}, .expect = {{2.375, -0.3125, 3.9375, 2.625}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "nothing to sum", .op = "matrix_multiply", .attrs = {{"op0", "none"}, {"op1", "none"}}, .in = {f32({2, 0}), f32({0, 3})}, .expect = {{0, 0, 0, 0, 0, 0}}, .expect_shapes = {Ints{2, 3}}},
    {.name = "nothing", .op = "matrix_multiply", .attrs = {{"op0", "none"}, {"op1", "none"}}, .in = {f32({0, 2}), f32({2, 3}).with({0, 0, 0, 0, 0, 0})}, .expect = {{}}, .expect_shapes = {Ints{0, 3}}},
    {.name = "random", .op = "matrix_multiply", .in = {f32({2, 3, 17, 33}), f32({2, 1, 33, 20})}},
    {.name = "scores", .op = "matrix_multiply", .attrs = {{"op1", "transpose"}}, .in = {f32({2, 4, 9, 16}), f32({2, 4, 9, 16})}},
    {.name = "constant right", .op = "matrix_multiply", .in = {f32({5, 33}), f32({33, 20}).constant()}},
};
// clang-format on
TENON_OP_TESTS(MatMul, kCases);

}  // namespace
}  // namespace tenon::test
