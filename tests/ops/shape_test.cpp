// SPDX-License-Identifier: Apache-2.0
// Expected values are what torch gives for the same operands.
#include "op_test.h"

namespace tenon::test {
namespace {

// clang-format off
const std::vector<OpCase> kCases = {
    {.name = "transpose", .op = "shuffle", .attrs = {{"first_transpose", Ints{1, 0}}}, .in = {f32({2, 3}).with({2, -1.75, 2, -1, 0, -2})}, .expect = {{2, -1, -1.75, 0, 2, -2}}, .expect_shapes = {Ints{3, 2}}},
    {.name = "reshape", .op = "shuffle", .attrs = {{"reshape_dims", Ints{3, 4}}, {"has_reshape", true}}, .in = {f32({2, 6}).with({1.5, -1.5, -0.75, 1.25, 1.75, -1.5, 2, 0.25, 0.5, -1.75, -1.5, 2})}, .expect = {{1.5, -1.5, -0.75, 1.25, 1.75, -1.5, 2, 0.25, 0.5, -1.75, -1.5, 2}}, .expect_shapes = {Ints{3, 4}}},
    {.name = "to scalar", .op = "shuffle", .attrs = {{"reshape_dims", Ints{}}, {"has_reshape", true}}, .in = {f32({1, 1}).with({1.75})}, .expect = {{1.75}}, .expect_shapes = {Ints{}}},
    {.name = "from scalar", .op = "shuffle", .attrs = {{"reshape_dims", Ints{1, 1}}, {"has_reshape", true}}, .in = {f32({}).with({2})}, .expect = {{2}}, .expect_shapes = {Ints{1, 1}}},
    {.name = "all three", .op = "shuffle", .attrs = {{"first_transpose", Ints{2, 0, 1}}, {"reshape_dims", Ints{4, 3}}, {"has_reshape", true}, {"second_transpose", Ints{1, 0}}}, .in = {f32({2, 3, 2}).with({-1.25, -2, -0.5, -0.75, 0.25, 1, 1.75, -0.25, 1.75, 1.75, 1.75, -1.25})}, .expect = {{-1.25, 1.75, -2, -0.25, -0.5, 1.75, -0.75, 1.75, 0.25, 1.75, 1, -1.25}}, .expect_shapes = {Ints{3, 4}}},
    {.name = "nothing", .op = "shuffle", .attrs = {{"first_transpose", Ints{1, 0}}, {"reshape_dims", Ints{3, 0}}, {"has_reshape", true}}, .in = {f32({0, 3})}, .expect = {{}}, .expect_shapes = {Ints{3, 0}}},
    {.name = "channel shuffle", .op = "shuffle", .attrs = {{"reshape_dims", Ints{1, 2, 2, 2, 2}}, {"has_reshape", true}, {"second_transpose", Ints{0, 2, 1, 3, 4}}}, .in = {f32({1, 4, 2, 2}).with({-1.75, 1.5, 0.5, 0, 1.25, 1.75, -1.5, 1.25, -0.75, 1.5, 0.25, 1.75, 2, 0, -1, -0.5})}, .expect = {{-1.75, 1.5, 0.5, 0, -0.75, 1.5, 0.25, 1.75, 1.25, 1.75, -1.5, 1.25, 2, 0, -1, -0.5}}, .expect_shapes = {Ints{1, 2, 2, 2, 2}}},
    {.name = "i64", .op = "shuffle", .attrs = {{"first_transpose", Ints{1, 0}}}, .in = {i64({2, 3}).with({0, 1, 2, 3, 4, 5})}, .expect = {{0, 3, 1, 4, 2, 5}}, .expect_shapes = {Ints{3, 2}}},
    {.name = "bool", .op = "shuffle", .attrs = {{"first_transpose", Ints{1, 0}}}, .in = {boolean({1, 2}).with({1, 0})}, .expect = {{1, 0}}, .expect_shapes = {Ints{2, 1}}},
    {.name = "heads f32", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 1, 3}}}, .in = {f32({2, 7, 4, 16})}},
    {.name = "heads f16", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 1, 3}}}, .in = {f16({2, 7, 4, 16})}},
    {.name = "heads i64", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 1, 3}}}, .in = {i64({2, 7, 4, 16})}},
    {.name = "heads u8", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 1, 3}}}, .in = {u8({2, 7, 4, 16})}},
    {.name = "nhwc f32", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 3, 1}}}, .in = {f32({2, 17, 9, 7})}},
    {.name = "nhwc f16", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 3, 1}}}, .in = {f16({2, 17, 9, 7})}},
    {.name = "nhwc i64", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 3, 1}}}, .in = {i64({2, 17, 9, 7})}},
    {.name = "nhwc u8", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 3, 1}}}, .in = {u8({2, 17, 9, 7})}},
    {.name = "matrix f32", .op = "shuffle", .attrs = {{"first_transpose", Ints{1, 0}}}, .in = {f32({65, 33})}},
    {.name = "matrix f16", .op = "shuffle", .attrs = {{"first_transpose", Ints{1, 0}}}, .in = {f16({65, 33})}},
    {.name = "matrix i64", .op = "shuffle", .attrs = {{"first_transpose", Ints{1, 0}}}, .in = {i64({65, 33})}},
    {.name = "matrix u8", .op = "shuffle", .attrs = {{"first_transpose", Ints{1, 0}}}, .in = {u8({65, 33})}},
    {.name = "batch f32", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 1}}}, .in = {f32({3, 33, 20})}},
    {.name = "batch f16", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 1}}}, .in = {f16({3, 33, 20})}},
    {.name = "batch i64", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 1}}}, .in = {i64({3, 33, 20})}},
    {.name = "batch u8", .op = "shuffle", .attrs = {{"first_transpose", Ints{0, 2, 1}}}, .in = {u8({3, 33, 20})}},
    {.name = "reverse f32", .op = "shuffle", .attrs = {{"first_transpose", Ints{3, 2, 1, 0}}}, .in = {f32({3, 4, 5, 6})}},
    {.name = "reverse f16", .op = "shuffle", .attrs = {{"first_transpose", Ints{3, 2, 1, 0}}}, .in = {f16({3, 4, 5, 6})}},
    {.name = "reverse i64", .op = "shuffle", .attrs = {{"first_transpose", Ints{3, 2, 1, 0}}}, .in = {i64({3, 4, 5, 6})}},
    {.name = "reverse u8", .op = "shuffle", .attrs = {{"first_transpose", Ints{3, 2, 1, 0}}}, .in = {u8({3, 4, 5, 6})}},
    {.name = "flatten random", .op = "shuffle", .attrs = {{"reshape_dims", Ints{2, 105}}, {"has_reshape", true}}, .in = {f32({2, 7, 3, 5})}},
    {.name = "grow", .op = "expand", .attrs = {{"dims", Ints{2, 2, 3}}}, .in = {f32({2, 1}).with({1.25, 0})}, .expect = {{1.25, 1.25, 1.25, 0, 0, 0, 1.25, 1.25, 1.25, 0, 0, 0}}, .expect_shapes = {Ints{2, 2, 3}}},
    {.name = "scalar", .op = "expand", .attrs = {{"dims", Ints{2}}}, .in = {f32({}).with({3})}, .expect = {{3, 3}}, .expect_shapes = {Ints{2}}},
    {.name = "to nothing", .op = "expand", .attrs = {{"dims", Ints{0, 2}}}, .in = {f32({1, 2}).with({0, 0})}, .expect = {{}}, .expect_shapes = {Ints{0, 2}}},
    {.name = "symbolic", .op = "expand", .attrs = {{"dims", ir::SymShape{ir::SymDim::symbol("s0") + 1}}}, .in = {i64({1}).with({7})}, .expect = {{7, 7, 7}}, .expect_shapes = {Ints{3}}, .sizes = {{"s0", 2}}},
    {.name = "random", .op = "expand", .attrs = {{"dims", Ints{2, 3, 5, 4}}}, .in = {f32({2, 1, 5, 1})}},
    {.name = "columns", .op = "concatenation", .attrs = {{"axis", 1}}, .in = {f32({2, 1}).with({0.5, -1.25}), f32({2, 3}).with({-1, 0, 0.5, 1.5, 1.75, -1.25})}, .expect = {{0.5, -1, 0, 0.5, -1.25, 1.5, 1.75, -1.25}}, .expect_shapes = {Ints{2, 4}}},
    {.name = "negative axis", .op = "concatenation", .attrs = {{"axis", -1}}, .in = {f32({2, 3}).with({-1, 0, 0.5, 1.5, 1.75, -1.25}), f32({2, 1}).with({0.5, -1.25}), f32({2, 0})}, .expect = {{-1, 0, 0.5, 0.5, 1.5, 1.75, -1.25, -1.25}}, .expect_shapes = {Ints{2, 4}}},
    {.name = "rows", .op = "concatenation", .attrs = {{"axis", 0}}, .in = {f32({2, 3}).with({-1, 0, 0.5, 1.5, 1.75, -1.25}), f32({2, 3}).with({-1, 0, 0.5, 1.5, 1.75, -1.25})}, .expect = {{-1, 0, 0.5, 1.5, 1.75, -1.25, -1, 0, 0.5, 1.5, 1.75, -1.25}}, .expect_shapes = {Ints{4, 3}}},
    {.name = "one", .op = "concatenation", .attrs = {{"axis", 0}}, .in = {f32({2, 1}).with({0.5, -1.25})}, .expect = {{0.5, -1.25}}, .expect_shapes = {Ints{2, 1}}},
    {.name = "channels random", .op = "concatenation", .attrs = {{"axis", 1}}, .in = {f32({2, 3, 5, 7}), f32({2, 8, 5, 7}), f32({2, 1, 5, 7})}},
    {.name = "u8", .op = "concatenation", .attrs = {{"axis", 1}}, .in = {u8({3, 5}), u8({3, 2})}},
    {.name = "middle", .op = "slice", .attrs = {{"start", Ints{1, 2}}, {"size", Ints{2, 3}}, {"stride", Ints{1, 1}}}, .in = {f32({4, 5}).with({-0.25, 0.25, 1.5, -0.5, -0.25, 0, 1.5, 2, 0.5, 1.75, 0.25, 1, 1, 0.25, 1.75, 2, 1.5, -0.25, -1, -0.75})}, .expect = {{2, 0.5, 1.75, 1, 0.25, 1.75}}, .expect_shapes = {Ints{2, 3}}},
    {.name = "strided", .op = "slice", .attrs = {{"start", Ints{0, 1}}, {"size", Ints{2, 2}}, {"stride", Ints{3, 2}}}, .in = {f32({4, 5}).with({-0.25, 0.25, 1.5, -0.5, -0.25, 0, 1.5, 2, 0.5, 1.75, 0.25, 1, 1, 0.25, 1.75, 2, 1.5, -0.25, -1, -0.75})}, .expect = {{0.25, -0.5, 1.5, -1}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "reversed", .op = "slice", .attrs = {{"start", Ints{3, 4}}, {"size", Ints{4, 3}}, {"stride", Ints{-1, -2}}}, .in = {f32({4, 5}).with({-0.25, 0.25, 1.5, -0.5, -0.25, 0, 1.5, 2, 0.5, 1.75, 0.25, 1, 1, 0.25, 1.75, 2, 1.5, -0.25, -1, -0.75})}, .expect = {{-0.75, -0.25, 2, 1.75, 1, 0.25, 1.75, 2, 0, -0.25, 1.5, -0.25}}, .expect_shapes = {Ints{4, 3}}},
    {.name = "nothing", .op = "slice", .attrs = {{"start", Ints{4, 0}}, {"size", Ints{0, 5}}, {"stride", Ints{1, 1}}}, .in = {f32({4, 5}).with({-0.25, 0.25, 1.5, -0.5, -0.25, 0, 1.5, 2, 0.5, 1.75, 0.25, 1, 1, 0.25, 1.75, 2, 1.5, -0.25, -1, -0.75})}, .expect = {{}}, .expect_shapes = {Ints{0, 5}}},
    {.name = "symbolic", .op = "slice", .attrs = {{"start", ir::SymShape{ir::SymDim::symbol("s0") - 1}}, {"size", ir::SymShape{ir::SymDim::symbol("s0")}}, {"stride", Ints{2}}}, .in = {i64({6}).with({0, 1, 2, 3, 4, 5})}, .expect = {{1, 3}}, .expect_shapes = {Ints{2}}, .sizes = {{"s0", 2}}},
    {.name = "channels random", .op = "slice", .attrs = {{"start", Ints{0, 3, 1, 0}}, {"size", Ints{2, 4, 3, 7}}, {"stride", Ints{1, 1, 1, 1}}}, .in = {f32({2, 9, 5, 7})}},
    {.name = "constant", .op = "padding", .attrs = {{"pre_padding", Ints{0, 0, 1, 2}}, {"post_padding", Ints{0, 0, 2, 1}}, {"mode", "constant"}, {"value", 1.5}}, .in = {f32({1, 1, 3, 4}).with({-2, 0.75, 0.5, -2, 0.25, 1.25, 1.75, 0.75, 0.25, -2, -1.25, 1})}, .expect = {{1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, -2, 0.75, 0.5, -2, 1.5, 1.5, 1.5, 0.25, 1.25, 1.75, 0.75, 1.5, 1.5, 1.5, 0.25, -2, -1.25, 1, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5}}, .expect_shapes = {Ints{1, 1, 6, 7}}},
    {.name = "constant random", .op = "padding", .attrs = {{"pre_padding", Ints{0, 0, 3, 1}}, {"post_padding", Ints{0, 0, 0, 4}}, {"mode", "constant"}}, .in = {f32({2, 5, 7, 9})}},
    {.name = "reflect", .op = "padding", .attrs = {{"pre_padding", Ints{0, 0, 1, 2}}, {"post_padding", Ints{0, 0, 2, 1}}, {"mode", "reflect"}, {"value", 1.5}}, .in = {f32({1, 1, 3, 4}).with({-0.25, 2, 1.75, -0.75, -1, 0, -2, 0.75, -0.75, 0.75, 1.25, 0.75})}, .expect = {{-2, 0, -1, 0, -2, 0.75, -2, 1.75, 2, -0.25, 2, 1.75, -0.75, 1.75, -2, 0, -1, 0, -2, 0.75, -2, 1.25, 0.75, -0.75, 0.75, 1.25, 0.75, 1.25, -2, 0, -1, 0, -2, 0.75, -2, 1.75, 2, -0.25, 2, 1.75, -0.75, 1.75}}, .expect_shapes = {Ints{1, 1, 6, 7}}},
    {.name = "reflect random", .op = "padding", .attrs = {{"pre_padding", Ints{0, 0, 3, 1}}, {"post_padding", Ints{0, 0, 0, 4}}, {"mode", "reflect"}}, .in = {f32({2, 5, 7, 9})}},
    {.name = "replicate", .op = "padding", .attrs = {{"pre_padding", Ints{0, 0, 1, 2}}, {"post_padding", Ints{0, 0, 2, 1}}, {"mode", "replicate"}, {"value", 1.5}}, .in = {f32({1, 1, 3, 4}).with({-1.25, -1.5, 0.5, -0.5, 1.5, 0.75, 2, 2, -1.5, 1.25, -0.75, 0})}, .expect = {{-1.25, -1.25, -1.25, -1.5, 0.5, -0.5, -0.5, -1.25, -1.25, -1.25, -1.5, 0.5, -0.5, -0.5, 1.5, 1.5, 1.5, 0.75, 2, 2, 2, -1.5, -1.5, -1.5, 1.25, -0.75, 0, 0, -1.5, -1.5, -1.5, 1.25, -0.75, 0, 0, -1.5, -1.5, -1.5, 1.25, -0.75, 0, 0}}, .expect_shapes = {Ints{1, 1, 6, 7}}},
    {.name = "replicate random", .op = "padding", .attrs = {{"pre_padding", Ints{0, 0, 3, 1}}, {"post_padding", Ints{0, 0, 0, 4}}, {"mode", "replicate"}}, .in = {f32({2, 5, 7, 9})}},
    {.name = "circular", .op = "padding", .attrs = {{"pre_padding", Ints{0, 0, 1, 2}}, {"post_padding", Ints{0, 0, 2, 1}}, {"mode", "circular"}, {"value", 1.5}}, .in = {f32({1, 1, 3, 4}).with({-0.75, 0.25, -0.75, -1, 1, -1, 0.75, 0, 1.75, 1.75, 0.75, 1})}, .expect = {{0.75, 1, 1.75, 1.75, 0.75, 1, 1.75, -0.75, -1, -0.75, 0.25, -0.75, -1, -0.75, 0.75, 0, 1, -1, 0.75, 0, 1, 0.75, 1, 1.75, 1.75, 0.75, 1, 1.75, -0.75, -1, -0.75, 0.25, -0.75, -1, -0.75, 0.75, 0, 1, -1, 0.75, 0, 1}}, .expect_shapes = {Ints{1, 1, 6, 7}}},
    {.name = "circular random", .op = "padding", .attrs = {{"pre_padding", Ints{0, 0, 3, 1}}, {"post_padding", Ints{0, 0, 0, 4}}, {"mode", "circular"}}, .in = {f32({2, 5, 7, 9})}},
    {.name = "negative", .op = "padding", .attrs = {{"pre_padding", Ints{-1, 1}}, {"post_padding", Ints{0, -2}}, {"mode", "constant"}, {"value", -1.0}}, .in = {f32({3, 4}).with({-0.75, 2, 1.25, -0.25, 1.75, 0.5, -1, 0.75, -1.25, 1, 0.75, -2})}, .expect = {{-1, 1.75, 0.5, -1, -1.25, 1}}, .expect_shapes = {Ints{2, 3}}},
    {.name = "i64", .op = "padding", .attrs = {{"pre_padding", Ints{1}}, {"post_padding", Ints{1}}, {"value", 7.0}}, .in = {i64({1}).with({9007199254740993LL})}, .expect = {{7, 9007199254740993LL, 7}}, .expect_shapes = {Ints{3}}},
};
// clang-format on
TENON_OP_TESTS(Shape, kCases);

}  // namespace
}  // namespace tenon::test
