// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/sympy.h"

#include <gtest/gtest.h>

#include "frontends/export/export.h"

namespace tenon::frontends {
namespace {

const std::string kS0 = "Symbol('s0', positive=True, integer=True)";

TEST(Sympy, Translates) {
  const std::pair<std::string, std::string> cases[] = {
      {"Integer(7)", "7"},
      {"Integer(-1)", "-1"},
      {kS0, "s0"},
      {"Add(Mul(Integer(2), " + kS0 + "), Integer(-1))", "2*s0 - 1"},
      {"Add(FloorDiv(Add(" + kS0 + ", Integer(-1)), Integer(2)), Integer(1))",
       "floordiv(s0 + 1, 2)"},
      {"Mul(Symbol('s0'), Symbol('s1'), Integer(3))", "3*s0*s1"},
      {"Pow(Symbol('s0'), Integer(2))", "s0*s0"},
      {"PowByNatural(Symbol('s0'), Integer(0))", "1"},
      {"CleanDiv(Mul(Integer(4), Symbol('s0')), Integer(4))", "s0"},
      {"CeilDiv(Integer(7), Integer(2))", "4"},
      {"CeilToInt(IntTrueDiv(Integer(7), Integer(2)))", "4"},
      {"FloorToInt(IntTrueDiv(Integer(7), Integer(2)))", "3"},
      {"PythonMod(Integer(-7), Integer(4))", "1"},
      {"ModularIndexing(Integer(29), Integer(4), Integer(5))", "2"},
      {"Max(Integer(1), Integer(3), Integer(2))", "3"},
      {"Min(Integer(1), Integer(3))", "1"},
      {"TruncToInt(Mul(Float('2.0', precision=53), ToFloat(" + kS0 + ")))", "2*s0"},
      {"LShift(Integer(3), Integer(2))", "12"},
      {"RShift(Integer(13), Integer(2))", "3"},
      {"Identity(Integer(5))", "5"},
  };
  for (const auto& [text, want] : cases) {
    EXPECT_EQ(parse_sympy(text), ir::SymDim::parse(want)) << text;
  }
}

TEST(Sympy, WhatHasNoTranslationIsANoWithAReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"Where(Symbol('s0'), Integer(1), Integer(2))", "the function Where"},
      {"IntTrueDiv(Symbol('s0'), Integer(2))", "a true division"},
      {"Add(IntTrueDiv(Symbol('s0'), Integer(2)), Integer(1))", "a true division inside Add"},
      {"TruncToInt(IntTrueDiv(Symbol('s0'), Integer(2)))", "rounded towards zero"},
      {"Mul(Float('0.5', precision=53), ToFloat(Symbol('s0')))", "the fraction 0.5"},
      {"Float('1.0e+30', precision=53)", "the fraction"},
      {"Pow(Symbol('s0'), Integer(-1))", "the power -1"},
      {"Pow(Symbol('s0'), Integer(1000000))", "the power 1000000"},
      {"Pow(Integer(2), Symbol('s0'))", "the power s0"},
      {"LShift(Integer(1), Integer(63))", "a shift by 63"},
      {"Add(int_oo, Integer(1))", "Add of 'int_oo'"},
  };
  for (const auto& [text, want] : cases) {
    ir::SymDim size;
    const Support s = read_sympy(text, &size);
    ASSERT_FALSE(s) << text;
    EXPECT_NE(s.reason().find(want), std::string::npos) << s.reason();
    EXPECT_THROW(parse_sympy(text), Error) << text;
  }
}

TEST(Sympy, BadTextIsAnError) {
  std::string deep, deep_end;
  for (int i = 0; i < 1000; ++i) {
    deep += "Add(";
    deep_end += ")";
  }
  const std::string cases[] = {"",
                               "Add(",
                               "Add()",
                               "Add(Integer(1)",
                               "Integer(1))",
                               "Integer(1) 2",
                               "Integer(99999999999999999999)",
                               "Integer()",
                               "FloorDiv(Integer(1))",
                               "FloorDiv(Integer(1), Integer(0))",
                               "Symbol('s0",
                               "Symbol(s0, s1)",
                               "Symbol(3)",
                               "Add(,)",
                               "+",
                               "Float(2)",
                               "Mul(Integer(9223372036854775807), Integer(2))",
                               deep + "Integer(1)" + deep_end,
                               std::string(1 << 17, ' ')};
  for (const auto& text : cases) EXPECT_THROW(parse_sympy(text), Error) << text.substr(0, 60);
}

}  // namespace
}  // namespace tenon::frontends
