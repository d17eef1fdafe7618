// SPDX-License-Identifier: Apache-2.0
#include "ir/sym_dim.h"

#include <gtest/gtest.h>

#include "ir/sym_steps.h"

namespace tenon::ir {
namespace {

SymDim p(const char* text) { return SymDim::parse(text); }
std::string canonical(const char* text) { return p(text).str(); }

std::string error_of(const std::string& text) {
  try {
    SymDim::parse(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(SymDim, Numbers) {
  EXPECT_EQ(SymDim(7).floordiv(2).value(), 3);
  EXPECT_EQ(SymDim(-7).floordiv(2).value(), -4);
  EXPECT_EQ(SymDim(-7).mod(2).value(), 1);
  EXPECT_EQ(SymDim(7).mod(-2).value(), -1);
  EXPECT_EQ(SymDim(7).ceildiv(2).value(), 4);
  EXPECT_EQ(SymDim::max(3, 5).value(), 5);
  EXPECT_EQ(SymDim::min(3, 5).value(), 3);
  EXPECT_TRUE(SymDim(3).is_const());
  EXPECT_EQ(SymDim(INT64_MIN).str(), "-9223372036854775808");
  EXPECT_EQ(p("-9223372036854775808").value(), INT64_MIN);
}

TEST(SymDim, CanonicalForms) {
  EXPECT_EQ(canonical("4 + s0*2*s1"), "2*s0*s1 + 4");
  EXPECT_EQ(canonical("s1 - s0 + s0"), "s1");
  EXPECT_EQ(canonical("s0 - s0"), "0");
  EXPECT_EQ(canonical("(s0 + 1)*(s0 - 1)"), "s0*s0 - 1");
  EXPECT_EQ(canonical("3 - s0"), "-s0 + 3");
  EXPECT_EQ(canonical("--s0"), "s0");
  EXPECT_EQ(canonical("s0*-9223372036854775808 - 1"), "-9223372036854775808*s0 - 1");
}

TEST(SymDim, Division) {
  EXPECT_EQ(canonical("(4*s0 + 6)//4"), "s0 + 1");
  EXPECT_EQ(canonical("(4*s0 + s1 + 6)//4"), "s0 + floordiv(s1 + 2, 4) + 1");
  EXPECT_EQ(canonical("(s0*s1*768)//(s0*s1)"), "768");
  EXPECT_EQ(canonical("(s0*s0 - 1)//(s0 + 1)"), "s0 - 1");
  EXPECT_EQ(canonical("(s0*s1 + 7)//s1"), "s0 + floordiv(7, s1)");
  EXPECT_EQ(canonical("(2*s0 + 1)//4"), "floordiv(s0, 2)");
  EXPECT_EQ(canonical("(2*s0)//(4*s1)"), "floordiv(s0, 2*s1)");
  EXPECT_EQ(canonical("(s0//2)//3"), "floordiv(s0, 6)");
  EXPECT_EQ(canonical("s0//-2"), canonical("(-s0)//2"));
  EXPECT_EQ(canonical("0//s0"), "0");
}

TEST(SymDim, ConvolutionSizesOfOneMeaningHaveOneSpelling) {
  const SymDim s = SymDim::symbol("s0");
  EXPECT_EQ((s - 1).floordiv(2) + 1, s.ceildiv(2));
  EXPECT_EQ(s.ceildiv(2).ceildiv(2), s.ceildiv(4));
  EXPECT_EQ((s * 32 - 1).floordiv(2) + 1, s * 16);
}

TEST(SymDim, Modulo) {
  EXPECT_EQ(canonical("(5*s0 + 9) % 4"), "mod(s0 + 1, 4)");
  EXPECT_EQ(canonical("(4*s0) % 4"), "0");
  EXPECT_EQ(canonical("(4*s0 + 2) % 6"), "2*mod(2*s0 + 1, 3)");
  EXPECT_EQ(canonical("(s0 % 8) % 4"), "mod(s0, 4)");
  EXPECT_EQ(canonical("(s0*s1) % s1"), "0");
  EXPECT_EQ(canonical("(s0*s1 + s2) % s1"), "mod(s2, s1)");
}

TEST(SymDim, Extrema) {
  EXPECT_EQ(canonical("max(s0, max(3, max(s0 + 1, 2)))"), "max(3, s0 + 1)");
  EXPECT_EQ(canonical("min(s0, s0 - 1)"), "s0 - 1");
  EXPECT_EQ(p("max(s0, s1)"), p("max(s1, s0)"));
  EXPECT_EQ(p("max(max(s0, s1), s2)"), p("max(s2, max(s1, s0))"));
}

TEST(SymDim, EqualityOrderAndHash) {
  const SymDim a = p("2*s0 + floordiv(s1, 2)"), b = p("floordiv(s1, 2) + s0 + s0");
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_FALSE(a < b);
  EXPECT_NE(a, a + 1);
  EXPECT_TRUE(a < a + 1);
  EXPECT_TRUE(SymDim(1000) < a);
  EXPECT_EQ(p("s7").as_symbol(), "s7");
  EXPECT_EQ(p("s7 + 1").as_symbol(), "");
}

TEST(SymDim, EvaluateAndSubstitute) {
  const SymDim a = p("s0*s1 + floordiv(s1 - 1, 2)");
  EXPECT_EQ(a.eval({{"s0", 3}, {"s1", 8}}), 27);
  EXPECT_EQ(a.substitute({{"s1", 8}}), p("8*s0 + 3"));
  EXPECT_EQ(a.substitute({{"s0", p("s1")}, {"s1", p("s0")}}), p("s0*s1 + floordiv(s0 - 1, 2)"));
  std::set<std::string> names;
  a.collect_symbols(names);
  EXPECT_EQ(names, (std::set<std::string>{"s0", "s1"}));
  // Terms that leave 64 bits and meet again.
  EXPECT_EQ(p("4611686018427387904*s0 - 4611686018427387904*s1").eval({{"s0", 1}, {"s1", 1}}), 0);
}

TEST(SymDim, Bounds) {
  const SymRanges ranges{{"s0", {1, 4, 8}}, {"s1", {2, 2, 3}}};
  auto check = [&](const char* text, int64_t lo, int64_t hi) {
    const SymDim::Bounds b = p(text).bounds(ranges);
    EXPECT_EQ(b.lo, lo) << text;
    EXPECT_EQ(b.hi, hi) << text;
  };
  check("s0*s1 - 1", 1, 23);
  check("floordiv(s0, s1)", 0, 4);
  check("mod(s0, 5)", 0, 4);
  check("mod(s0, 9)", 1, 8);
  check("max(s0, s1)", 2, 8);
  check("min(2, s0)", 1, 2);
  check("unknown", 0, int64_t{1} << 31);
}

TEST(SymDim, Errors) {
  EXPECT_EQ(error_of("s0 $"), "size expression, column 4: wanted end of the expression, found '$'");
  EXPECT_EQ(error_of("min(s0"), "size expression, column 7: wanted ',', found the end");
  EXPECT_EQ(error_of("s0//0"), "size arithmetic divides s0 by 0");
  EXPECT_EQ(error_of("9223372036854775807 + 1"),
            "size arithmetic does not fit 64 bits: 9223372036854775807 + 1");
  EXPECT_NE(error_of("9223372036854775808"), "no error");
  EXPECT_NE(error_of("9223372036854775807*s0*2"), "no error");
  EXPECT_NE(error_of(""), "no error");
  EXPECT_NE(error_of("max"), "no error");
  EXPECT_NE(error_of("-9223372036854775808//-1"), "no error");
  EXPECT_THROW(SymDim::symbol("a b"), Error);
  EXPECT_THROW(SymDim::symbol("max"), Error);
  EXPECT_THROW(p("s0").value(), Error);
  EXPECT_THROW(p("s0").eval({}), Error);
  EXPECT_THROW(p("floordiv(1, s0)").eval({{"s0", 0}}), Error);
}

TEST(SymDim, HostileTextIsRefused) {
  EXPECT_NE(error_of(std::string(1000, '(')), "no error");
  EXPECT_NE(error_of(std::string(1 << 20, '1')), "no error");
  std::string deep = "s0";
  for (int i = 0; i < 150; ++i)
    deep = "max(s" + std::to_string(i % 7) + ", floordiv(7, " + deep + "))";
  EXPECT_NE(error_of(deep), "no error");
  std::string sum = "(s0", product;
  for (int i = 1; i < 100; ++i) sum += " + s" + std::to_string(i);
  product = sum + ")";
  for (int i = 0; i < 8; ++i) product += "*" + sum + ")";
  EXPECT_NE(error_of(product), "no error");
}

TEST(SymDim, GrowthByReuseIsRefused) {
  SymDim x = SymDim::symbol("s0");
  auto grow = [&] {
    for (int i = 0; i < 100; ++i) x = (x * x + x).floordiv(SymDim::symbol("s1"));
  };
  EXPECT_THROW(grow(), Error);
}

TEST(SymShape, Helpers) {
  const SymShape shape{p("s0"), 3, p("s0 + 1")};
  EXPECT_EQ(str(shape), "[s0, 3, s0 + 1]");
  EXPECT_EQ(str(SymShape{}), "[]");
  EXPECT_FALSE(is_static(shape));
  EXPECT_TRUE(is_static({1, 2}));
  EXPECT_EQ(eval(shape, {{"s0", 2}}), (std::vector<int64_t>{2, 3, 3}));
  EXPECT_EQ(volume(shape), p("3*s0*s0 + 3*s0"));
  EXPECT_EQ(volume({}), SymDim(1));
}

/// Runs the calculation that steps_of gives.
int64_t run_steps(const SymDim& size, const SymEnv& env) {
  using Kind = SymStep::Kind;
  std::vector<int64_t> stack;
  for (const SymStep& step : steps_of(size)) {
    if (step.kind == Kind::kNumber || step.kind == Kind::kSymbol) {
      stack.push_back(step.kind == Kind::kNumber ? step.number : env.at(step.symbol));
      continue;
    }
    const SymDim b = stack.back();
    stack.pop_back();
    const SymDim a = stack.back();
    stack.back() = (step.kind == Kind::kAdd        ? a + b
                    : step.kind == Kind::kMul      ? a * b
                    : step.kind == Kind::kFloorDiv ? a.floordiv(b)
                    : step.kind == Kind::kMod      ? a.mod(b)
                    : step.kind == Kind::kMax      ? SymDim::max(a, b)
                                                   : SymDim::min(a, b))
                       .value();
  }
  EXPECT_EQ(stack.size(), 1u);
  return stack.back();
}

TEST(SymDim, StepsCalculateTheSameValue) {
  for (const char* text :
       {"7", "0", "s0", "-s0", "2*s0*s1 + 4", "floordiv(s0 + 1, 2) - 3*s1", "mod(s0, 3) + s0*s0",
        "max(1, s0) + min(s1, 4)", "floordiv(s0*s1 - 5, max(2, s1))", "s0 - s1"}) {
    const SymDim size = SymDim::parse(text);
    for (const SymEnv& env : {SymEnv{{"s0", 3}, {"s1", 5}}, SymEnv{{"s0", 11}, {"s1", 2}}})
      EXPECT_EQ(run_steps(size, env), size.eval(env)) << text;
  }
}

}  // namespace
}  // namespace tenon::ir
