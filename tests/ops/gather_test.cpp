// SPDX-License-Identifier: Apache-2.0
// Expected values are what torch gives for the same operands.
#include <limits>

#include "op_test.h"

namespace tenon::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// clang-format off
const std::vector<OpCase> kCases = {
    {.name = "rows", .op = "gather", .attrs = {{"axis", 0}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({2, 2}).with({2, 0, 1, 1})}, .expect = {{-1.75, -1.5, -0.5, -1.75, 1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, 1.75, 0.25, 0.75, -1.5}}, .expect_shapes = {Ints{2, 2, 4}}},
    {.name = "columns", .op = "gather", .attrs = {{"axis", 1}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({2, 2}).with({2, 0, 1, 1})}, .expect = {{0, 1.25, 1.5, 1.5, 0.75, 1.75, 0.25, 0.25, -0.5, -1.75, -1.5, -1.5}}, .expect_shapes = {Ints{3, 2, 2}}},
    {.name = "scalar index", .op = "gather", .attrs = {{"axis", 0}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({}).with({1})}, .expect = {{1.75, 0.25, 0.75, -1.5}}, .expect_shapes = {Ints{4}}},
    {.name = "negative", .op = "gather", .attrs = {{"axis", 0}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({2}).with({-1, -3})}, .expect = {{-1.75, -1.5, -0.5, -1.75, 1.25, 1.5, 0, 1.25}}, .expect_shapes = {Ints{2, 4}}},
    {.name = "i32 index", .op = "gather", .attrs = {{"axis", 1}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i32({2, 2}).with({2, 0, 1, 1})}, .expect = {{0, 1.25, 1.5, 1.5, 0.75, 1.75, 0.25, 0.25, -0.5, -1.75, -1.5, -1.5}}, .expect_shapes = {Ints{3, 2, 2}}},
    {.name = "no index", .op = "gather", .attrs = {{"axis", 0}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({0})}, .expect = {{}}, .expect_shapes = {Ints{0, 4}}},
    {.name = "i64", .op = "gather", .attrs = {{"axis", 0}}, .in = {i64({2}).with({9007199254740993LL, 5}), i64({2}).with({0, 0})}, .expect = {{9007199254740993LL, 9007199254740993LL}}, .expect_shapes = {Ints{2}}},
    {.name = "too large", .op = "gather", .attrs = {{"axis", 0}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({2}).with({0, 3})}, .error = "index 3 is out of range for a dimension of size 3"},
    {.name = "too small", .op = "gather", .attrs = {{"axis", 1}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({1}).with({-5})}, .error = "index -5 is out of range for a dimension of size 4"},
    {.name = "element", .op = "gather", .attrs = {{"axis", 1}, {"mode", "element"}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({2, 2}).with({0, 3, 1, 2})}, .expect = {{1.25, 1.25, 0.25, 0.75}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "element rows", .op = "gather", .attrs = {{"axis", 0}, {"mode", "element"}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({1, 4}).with({0, 2, 1, 1})}, .expect = {{1.25, -1.5, 0.75, -1.5}}, .expect_shapes = {Ints{1, 4}}},
    {.name = "element negative", .op = "gather", .attrs = {{"axis", 0}, {"mode", "element"}}, .in = {f32({3, 4}).with({1.25, 1.5, 0, 1.25, 1.75, 0.25, 0.75, -1.5, -1.75, -1.5, -0.5, -1.75}), i64({1, 1}).with({-1})}, .error = "index -1 is out of range for a dimension of size 3"},
    {.name = "embedding", .op = "gather", .attrs = {{"axis", 0}}, .in = {f32({50, 33}).constant(), i64({3, 7}).range(0, 49)}},
    {.name = "embedding f16", .op = "gather", .attrs = {{"axis", 0}}, .in = {f16({50, 32}).constant(), i32({3, 7}).range(0, 49)}},
    {.name = "random", .op = "gather", .attrs = {{"axis", 1}}, .in = {f32({2, 9, 5, 4}), i64({6}).range(0, 8)}},
    {.name = "random element", .op = "gather", .attrs = {{"axis", 1}, {"mode", "element"}}, .in = {f32({4, 9, 5}), i64({4, 3, 5}).range(0, 8)}},
    {.name = "pairs", .op = "gather_nd", .attrs = {{"first_axis", 1}}, .in = {f32({2, 3, 4}).with({1, 0.25, 1.75, 1, -1.25, 1.5, 2, -0.25, 0.5, -2, -1.5, -2, 1.75, -1.5, 0, 1, 1.75, 0.25, 2, 1.5, 1.5, -0.75, 0, -1.5}), i64({2, 1}).with({0, 2}), i64({2}).with({1, -1})}, .expect = {{0.25, 1, -2, -2, -1.5, 1, -0.75, -1.5}}, .expect_shapes = {Ints{2, 2, 2}}},
    {.name = "first", .op = "gather_nd", .attrs = {{"first_axis", 0}}, .in = {f32({2, 3, 4}).with({1, 0.25, 1.75, 1, -1.25, 1.5, 2, -0.25, 0.5, -2, -1.5, -2, 1.75, -1.5, 0, 1, 1.75, 0.25, 2, 1.5, 1.5, -0.75, 0, -1.5}), i64({2}).with({1, -2})}, .expect = {{1.75, -1.5, 0, 1, 1.75, 0.25, 2, 1.5, 1.5, -0.75, 0, -1.5, 1, 0.25, 1.75, 1, -1.25, 1.5, 2, -0.25, 0.5, -2, -1.5, -2}}, .expect_shapes = {Ints{2, 3, 4}}},
    {.name = "all", .op = "gather_nd", .attrs = {{"first_axis", 0}}, .in = {f32({2, 3, 4}).with({1, 0.25, 1.75, 1, -1.25, 1.5, 2, -0.25, 0.5, -2, -1.5, -2, 1.75, -1.5, 0, 1, 1.75, 0.25, 2, 1.5, 1.5, -0.75, 0, -1.5}), i64({}).with({1}), i64({2}).with({0, 2}), i64({2}).with({3, 3})}, .expect = {{1, -1.5}}, .expect_shapes = {Ints{2}}},
    {.name = "too large", .op = "gather_nd", .attrs = {{"first_axis", 1}}, .in = {f32({2, 3, 4}).with({1, 0.25, 1.75, 1, -1.25, 1.5, 2, -0.25, 0.5, -2, -1.5, -2, 1.75, -1.5, 0, 1, 1.75, 0.25, 2, 1.5, 1.5, -0.75, 0, -1.5}), i64({1}).with({3})}, .error = "index 3 is out of range for a dimension of size 3"},
    {.name = "random", .op = "gather_nd", .attrs = {{"first_axis", 1}}, .in = {f32({2, 9, 5, 4}), i64({6, 1}).range(0, 8), i64({3}).range(0, 4)}},
    {.name = "f32", .op = "fill", .attrs = {{"dims", Ints{2, 2}}, {"to", DataType::kFLOAT}, {"value", 1.5}}, .expect = {{1.5, 1.5, 1.5, 1.5}}, .expect_shapes = {Ints{2, 2}}},
    {.name = "i64", .op = "fill", .attrs = {{"dims", Ints{3}}, {"to", DataType::kINT64}, {"value", -7.0}}, .expect = {{-7, -7, -7}}, .expect_shapes = {Ints{3}}},
    {.name = "bool", .op = "fill", .attrs = {{"dims", Ints{}}, {"to", DataType::kBOOL}, {"value", 1.0}}, .expect = {{1}}, .expect_shapes = {Ints{}}},
    {.name = "infinity", .op = "fill", .attrs = {{"dims", Ints{1}}, {"to", DataType::kHALF}, {"value", -std::numeric_limits<double>::infinity()}}, .expect = {{-kInf}}, .expect_shapes = {Ints{1}}},
    {.name = "symbolic", .op = "fill", .attrs = {{"dims", ir::SymShape{ir::SymDim::symbol("s0"), 2}}, {"to", DataType::kFLOAT}, {"value", 3.0}}, .expect = {{3, 3, 3, 3}}, .expect_shapes = {Ints{2, 2}}, .sizes = {{"s0", 2}}},
    {.name = "rank 4", .op = "fill", .attrs = {{"dims", Ints{2, 3, 4, 5}}, {"to", DataType::kBF16}, {"value", 0.5}}},
    {.name = "i64", .op = "range", .attrs = {{"size", Ints{4}}, {"to", DataType::kINT64}, {"start", 3.0}, {"step", -2.0}}, .expect = {{3, 1, -1, -3}}, .expect_shapes = {Ints{4}}},
    {.name = "f32", .op = "range", .attrs = {{"size", Ints{3}}, {"to", DataType::kFLOAT}, {"start", 0.5}, {"step", 0.25}}, .expect = {{0.5, 0.75, 1}}, .expect_shapes = {Ints{3}}},
    {.name = "nothing", .op = "range", .attrs = {{"size", Ints{0}}, {"to", DataType::kINT64}}, .expect = {{}}, .expect_shapes = {Ints{0}}},
    {.name = "symbolic", .op = "range", .attrs = {{"size", ir::SymShape{ir::SymDim::symbol("s0")}}, {"to", DataType::kINT32}}, .expect = {{0, 1, 2, 3, 4}}, .expect_shapes = {Ints{5}}, .sizes = {{"s0", 5}}},
    {.name = "long", .op = "range", .attrs = {{"size", Ints{1000}}, {"to", DataType::kDOUBLE}, {"start", 1.0}, {"step", 0.1}}},
    {.name = "expression", .op = "size_of", .attrs = {{"size", ir::SymShape{ir::SymDim::symbol("s0") * 3 + 1}}}, .expect = {{7}}, .expect_shapes = {Ints{}}, .sizes = {{"s0", 2}}},
};
// clang-format on
TENON_OP_TESTS(Gather, kCases);

}  // namespace
}  // namespace tenon::test
