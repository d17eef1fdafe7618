// SPDX-License-Identifier: Apache-2.0
#include "net/pointwise.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tenon::net {
namespace {

constexpr DataType f32 = DataType::kFLOAT, i64 = DataType::kINT64, boolean = DataType::kBOOL;

std::string error_of(const std::vector<std::string>& program, const std::vector<DataType>& types) {
  try {
    parse_pointwise(program, types);
  } catch (const Error& e) {
    return e.what();
  }
  return "accepted";
}

TEST(PointwiseProgram, ParsesTypesAndPrints) {
  const std::vector<std::string> lines = {"sum i0 i1",       "const 0.5 f32",  "prod t0 t1",
                                          "gelu_erf t2",     "clip t3 0 6",    "greater t4 i1",
                                          "select t5 t4 i0", "cast t6 f16",    "isnan t7",
                                          "not t8",          "select i2 t7 t7"};
  const auto program = parse_pointwise(lines, {f32, f32, boolean});
  ASSERT_EQ(program.size(), lines.size());
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(print_pointwise(program[i]), lines[i]);
  const std::vector<DataType> types = {
      f32, f32, f32, f32, f32, boolean, f32, DataType::kHALF, boolean, boolean, DataType::kHALF};
  for (size_t i = 0; i < types.size(); ++i) EXPECT_EQ(program[i].dtype, types[i]) << lines[i];
  EXPECT_EQ(program[4].params, (std::vector<double>{0, 6}));
  EXPECT_TRUE(program[0].operands[1].is_input);
  EXPECT_EQ(program[2].operands[1].index, 1);
}

TEST(PointwiseProgram, ActivationsMayCarryUnusedParameters) {
  EXPECT_EQ(parse_pointwise({"relu i0 0.0 0.0"}, {f32})[0].params.size(), 2u);
}

TEST(PointwiseProgram, RefusesWithLineAndReason) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases = {
      {{"sum i0 i1", "foo t0"},
       "there is no pointwise op \"foo\"\n  in line 1 of the pointwise program: foo t0"},
      {{"relu t0"}, "operand t0 does not exist: there are 0 results before this line"},
      {{"relu i3"}, "operand i3 does not exist: there are 3 inputs"},
      {{"relu x0"}, "\"x0\" is not an operand, wanted i<k> or t<k>"},
      {{"relu i"}, "\"i\" is not an operand"},
      {{"relu i-1"}, "\"i-1\" is not an operand"},
      {{"relu i99999999999"}, "is not an operand"},
      {{"sum i0"}, "sum has 1 arguments, wanted 2 operands and at most 0 numbers"},
      {{"exp i0 1"}, "exp has 2 arguments, wanted 1 operands and at most 0 numbers"},
      {{"clip i0 0 6 7"}, "wanted 1 operands and at most 2 numbers"},
      {{"clip i0 zero"}, "\"zero\" is not a number"},
      {{"sum i0 i2"}, "sum: operand i2 is i64, wanted f32"},
      {{"exp i2"}, "exp is not defined on i64, wanted a floating-point type"},
      {{"const 1"}, "const has 1 arguments, wanted \"const <number> <type>\""},
      {{"const 1 f99"}, "\"f99\" is not an element type"},
      {{"select i0 i0 i0"}, "select: operand i0 is f32, wanted bool"},
      {{""}, "the line is empty"},
      {{}, "a pointwise program has at least one line"},
  };
  for (const auto& [program, wanted] : cases) {
    const std::string message = error_of(program, {f32, f32, i64});
    EXPECT_NE(message.find(wanted), std::string::npos) << message;
  }
}

TEST(PointwiseProgram, Vocabulary) {
  EXPECT_EQ(pointwise_arity("sum"), 2);
  EXPECT_EQ(pointwise_arity("select"), 3);
  EXPECT_EQ(pointwise_arity("add"), 0);
  EXPECT_EQ(pointwise_result("less", f32), boolean);
  EXPECT_EQ(pointwise_result("pow", i64), i64);
  EXPECT_FALSE(pointwise_accepts("and", i64));
  EXPECT_EQ(pointwise_accepts("and", i64).reason(), "and is not defined on i64, wanted bool");
}

}  // namespace
}  // namespace tenon::net
