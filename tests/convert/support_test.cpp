// SPDX-License-Identifier: Apache-2.0
// What the golden files cannot say: supports() on single nodes, ranges, devices, the registry.
#include <gtest/gtest.h>

#include <algorithm>

#include "convert/converter.h"
#include "convert/scalar.h"
#include "ir/text.h"

namespace tenon::convert {
namespace {

Support ask(const std::string& text, const std::string& device = "") {
  const ir::Graph g = ir::parse(text);
  return supports(*g.nodes().back(), &g.symbols, device);
}

TEST(Supports, ConstantsNeedNoData) {
  EXPECT_TRUE(ask(R"(graph {
    input %x : f32[1, 4, 2, 2]
    %m : f32[4] = constant() {data=?}
    %y : f32[1, 4, 2, 2] = aten::batch_norm(%x, %m, %m, %m, %m) {input=$0 weight=$1 bias=$2 running_mean=$3 running_var=$4 training=false momentum=0.1 eps=1e-05 cudnn_enabled=true}
    return %y
  })"));
}

TEST(Supports, UnknownOpIsNamed) {
  const Support s = ask(R"(graph {
    input %x : f32[2]
    %y : f32[2] = aten::bernoulli(%x) {self=$0}
    return %y
  })");
  EXPECT_FALSE(s);
  EXPECT_EQ(s.reason(), "no converter for aten::bernoulli");
}

const char* const kToDevice = R"(graph {
    input %x : f32[2]
    %y : f32[2] = aten::to.device(%x) {self=$0 device="cuda:0" dtype=f32}
    return %y
  })";

TEST(Supports, AnotherDeviceIsRefused) {
  EXPECT_TRUE(ask(kToDevice));
  EXPECT_TRUE(ask(kToDevice, "cuda"));
  const Support s = ask(kToDevice, "cpu");
  EXPECT_FALSE(s);
  EXPECT_EQ(s.reason(), "the result is on device cuda:0, the engine runs on cpu");
}

TEST(Supports, ReasonsAreOneLine) {
  const Support s = ask(R"(graph {
    input %x : f32[2, 3]
    input %w : f32[4, 5]
    %y : f32[2, 4] = aten::linear(%x, %w) {input=$0 weight=$1}
    return %y
  })");
  EXPECT_FALSE(s);
  EXPECT_EQ(s.reason().find('\n'), std::string::npos) << s.reason();
  EXPECT_NE(s.reason().find("linear"), std::string::npos) << s.reason();
}

TEST(SameEverywhere, EvaluatesWithinTheRanges) {
  const ir::SymRanges ranges = {{"s", {2, 4, 10}}, {"even", {2, 2, 2}}};
  const auto same = [&](const char* a, const char* b) {
    return same_everywhere(ir::SymDim::parse(a), ir::SymDim::parse(b), ranges);
  };
  EXPECT_TRUE(same("min(s, 10)", "s"));
  EXPECT_FALSE(same("min(s, 9)", "s"));
  EXPECT_TRUE(same("floordiv(s + 1, 2)", "floordiv(s - 1, 2) + 1"));
  EXPECT_FALSE(same("s", "s + 1"));
  EXPECT_TRUE(same("mod(even, 2)", "0"));
  EXPECT_FALSE(same("3", "4"));
}

TEST(Promotion, FollowsTheRanksOfOperands) {
  const auto type = [](DataType t, ir::SymShape shape) {
    return ir::Type{ir::Kind::kTensor, t, std::move(shape), {}};
  };
  const ir::Type half = type(DataType::kHALF, {2}), zero_f32 = type(DataType::kFLOAT, {});
  const ir::Type ints = type(DataType::kINT64, {2}), bytes = type(DataType::kUINT8, {2});
  EXPECT_EQ(Ctx::promote(half, zero_f32), DataType::kHALF);
  EXPECT_EQ(Ctx::promote(half, type(DataType::kFLOAT, {1})), DataType::kFLOAT);
  EXPECT_EQ(Ctx::promote(half, type(DataType::kBF16, {1})), DataType::kFLOAT);
  EXPECT_EQ(Ctx::promote(ints, zero_f32), DataType::kFLOAT);
  EXPECT_EQ(Ctx::promote(bytes, ints), DataType::kINT64);
  EXPECT_EQ(Ctx::promote_number(bytes, false, false), DataType::kUINT8);
  EXPECT_EQ(Ctx::promote_number(bytes, true, false), DataType::kFLOAT);
  EXPECT_EQ(Ctx::promote_number(type(DataType::kBOOL, {2}), false, false), DataType::kINT64);
  EXPECT_EQ(Ctx::promote_number(type(DataType::kBOOL, {2}), false, true), DataType::kBOOL);
}

TEST(Scalars, SayWhatATypeCanHold) {
  EXPECT_TRUE(representable(0.125, DataType::kHALF));
  EXPECT_FALSE(representable(0.1, DataType::kHALF));
  EXPECT_FALSE(representable(1e9, DataType::kHALF));
  EXPECT_TRUE(representable(1e9, DataType::kFLOAT));
  EXPECT_EQ(scalar_constant(1, DataType::kINT4), nullptr);
  const auto exact = integer_constant(INT64_MAX, DataType::kINT64)->materialise();
  EXPECT_EQ(*static_cast<const int64_t*>(exact.get()), INT64_MAX);
}

TEST(Registry, NamesAreSortedAndFound) {
  const std::vector<std::string> ops = converted_ops();
  EXPECT_TRUE(std::is_sorted(ops.begin(), ops.end()));
  for (const std::string& op : ops) EXPECT_NE(find_converter(op), nullptr) << op;
  EXPECT_NE(find_converter("aten::conv2d"), nullptr);
  EXPECT_EQ(find_converter("aten::conv2d.out"), nullptr);
}

std::vector<std::string> inferred(const std::string& text) {
  const ir::Graph g = ir::parse(text);
  std::vector<std::string> types;
  const auto found = infer_types(*g.nodes().back(), g.symbols);
  if (!found) return {"no"};
  for (const ir::Type& t : *found) types.push_back(ir::str(t));
  return types;
}

TEST(InferTypes, GivesWhatTheConverterMakes) {
  EXPECT_EQ(inferred(R"(graph {
    symbol s0 [1, 4, 8]
    input %x : f32[s0, 6]
    %y : i64[1] = aten::reshape(%x) {self=$0 shape=[<2*s0>, <-1>]}
    return %y
  })"),
            (std::vector<std::string>{"f32[2*s0, 3]"}));
}

TEST(InferTypes, PrefersTheSpellingOfTheHint) {
  const std::string graph = R"(graph {
    symbol s0 [1, 4, 8]
    %y : i64[HINT] = aten::arange() {end=<s0>}
    return %y
  })";
  const auto with = [&](const std::string& hint) {
    std::string text = graph;
    return inferred(text.replace(text.find("HINT"), 4, hint));
  };
  EXPECT_EQ(with("s0"), (std::vector<std::string>{"i64[s0]"}));
  EXPECT_EQ(with("3"), (std::vector<std::string>{"i64[max(0, s0)]"}));
}

TEST(InferTypes, NothingWhereTheConverterSaysNo) {
  EXPECT_EQ(inferred(R"(graph {
    input %x : f32[2]
    %y : f32[2] = aten::bernoulli(%x) {self=$0}
    return %y
  })"),
            (std::vector<std::string>{"no"}));
}

}  // namespace
}  // namespace tenon::convert
