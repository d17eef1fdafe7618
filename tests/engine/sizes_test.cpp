// SPDX-License-Identifier: Apache-2.0
// Input sizes -> symbols, and the texts of the errors.
#include "engine/run/sizes.h"

#include <gtest/gtest.h>

#include "engine/engine_case.h"
#include "ir/text.h"

namespace tenon::engine {
namespace {

using test::error_of;

ir::Graph inputs(const std::string& lines) {
  return ir::parse("graph {\n" + lines + "\n  return\n}");
}

TEST(BindSizes, Symbols) {
  const ir::Graph g = inputs(R"(
    symbol n [1, 4, 8]
    symbol m [2, 2, 6]
    input %x : f32[n, 3]
    input %y : f32[m, n])");
  EXPECT_EQ(bind_sizes(g, {8, 3, 2, 8}), (ir::SymEnv{{"m", 2}, {"n", 8}}));
  EXPECT_EQ(error_of([&] { bind_sizes(g, {8, 4, 2, 8}); }), "input 'x' dimension 1 is 4, wanted 3");
  EXPECT_EQ(error_of([&] { bind_sizes(g, {9, 3, 2, 9}); }),
            "input 'x' dimension 0 is 9, wanted 1..8");
  EXPECT_EQ(error_of([&] { bind_sizes(g, {0, 3, 2, 0}); }),
            "input 'x' dimension 0 is 0, wanted 1..8");
  EXPECT_EQ(error_of([&] { bind_sizes(g, {4, 3, 2, 5}); }),
            "input 'y' dimension 1 is 5, wanted 4, as the size 'n' is elsewhere in the inputs");
}

TEST(BindSizes, AffineSizes) {
  const ir::Graph g = inputs("symbol s0 [1, 2, 3]\n input %x : f32[2*s0 + 1]");
  EXPECT_EQ(bind_sizes(g, {7}), (ir::SymEnv{{"s0", 3}}));
  EXPECT_EQ(error_of([&] { bind_sizes(g, {6}); }),
            "input 'x' dimension 0 is 6, which does not fit 2*s0 + 1");
  EXPECT_EQ(error_of([&] { bind_sizes(g, {9}); }),
            "input 'x' dimension 0 is 9, wanted 3..7 (2*s0 + 1)");
  EXPECT_EQ(error_of([&] { bind_sizes(g, {INT64_MIN}); }),
            "input 'x' dimension 0 is -9223372036854775808, which does not fit 2*s0 + 1");
}

TEST(BindSizes, FallingSizes) {
  const ir::Graph g = inputs("symbol s0 [1, 2, 3]\n input %x : f32[-s0 + 8]");
  EXPECT_EQ(bind_sizes(g, {6}), (ir::SymEnv{{"s0", 2}}));
  EXPECT_EQ(error_of([&] { bind_sizes(g, {4}); }),
            "input 'x' dimension 0 is 4, wanted 5..7 (-s0 + 8)");
  EXPECT_NE(error_of([&] { bind_sizes(g, {INT64_MIN}); }), "no error");
}

TEST(BindSizes, KnownSymbolsMakeOthersAffine) {
  // a*b needs a, which only the second input shows; and then b + c needs b.
  const ir::Graph g = inputs(R"(
    symbol a [1, 2, 9]
    symbol b [1, 2, 9]
    symbol c [1, 2, 9]
    input %x : f32[b + c, a*b]
    input %y : f32[2*a])");
  EXPECT_EQ(bind_sizes(g, {7, 6, 4}), (ir::SymEnv{{"a", 2}, {"b", 3}, {"c", 4}}));
  EXPECT_EQ(error_of([&] { bind_sizes(g, {7, 7, 4}); }),
            "input 'x' dimension 1 is 7, which does not fit a*b");
}

TEST(BindSizes, FormsThatAreNotAffineAreChecked) {
  const ir::Graph g = inputs("symbol s [1, 2, 99]\n input %x : f32[s, floordiv(s, 2), min(s, 50)]");
  EXPECT_EQ(bind_sizes(g, {61, 30, 50}).at("s"), 61);
  EXPECT_EQ(error_of([&] { bind_sizes(g, {61, 31, 50}); }),
            "input 'x' dimension 1 is 31, wanted 30 (floordiv(s, 2))");
}

TEST(BindSizes, SizesThatNoInputShows) {
  ir::Graph g = ir::parse(R"(graph {
    symbol n [1, 2, 4]
    input %x : f32[3]
    %y : f32[n, 3] = expand(%x) {dims=[<n>, <3>]}
    return %y
  })");
  EXPECT_EQ(error_of([&] { check_sizes_known(g); }),
            "the size 'n' of %y cannot be read off the engine's inputs");
}

TEST(Sizes, NegativeAndHugeOnesAreErrors) {
  const ir::Graph g = inputs(R"(
    symbol n [1, 2, 1000000000000]
    input %x : f32[n - 3]
    input %y : f32[n, n]
    input %z : f32[n, n, n, n, n, n])");
  const auto& in = g.inputs();
  EXPECT_EQ(error_of([&] { sizes_of(*in[0], {{"n", 2}}); }),
            "%x f32[n - 3] would have size -1 in dimension 0 at these input sizes");
  EXPECT_NE(error_of([&] { sizes_of(*in[1], {{"n", 1000000000000}}); }).find("would be too large"),
            std::string::npos);
  EXPECT_NE(error_of([&] { sizes_of(*in[2], {{"n", 4096}}); }).find("would be too large"),
            std::string::npos)
      << "2^72 elements, 0 in 64 bits";
  EXPECT_EQ(sizes_of(*in[0], {{"n", 3}}), (std::vector<int64_t>{0}));
}

}  // namespace
}  // namespace tenon::engine
