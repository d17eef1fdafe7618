// SPDX-License-Identifier: Apache-2.0
// The op test: a case names a layer, its attributes and its operands; every candidate kernel of the
// layer that supports the problem runs, in every layout, and must agree with the plain reference;
// the reference must agree with `expect` where that is given. Add a case by adding an entry:
//
//   {.name = "strided", .op = "convolution", .attrs = {{"stride", Ints{2, 2}}},
//    .in = {f32({1, 4, 9, 9}), f32({8, 4, 3, 3}).constant(), absent()}},
//
// Operands without values get random ones (the seed is in the failure's text; TENON_TEST_SEED moves
// it). TENON_TEST_VERBOSE=1 lists who ran and who said no with what reason;
// TENON_TEST_KERNEL=<part of a name> runs only those candidates.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"
#include "kernels/kernel.h"

namespace tenon::test {

/// Holds every double and every int64 exactly.
using Number = long double;
using Ints = std::vector<int64_t>;
using Floats = std::vector<double>;
using Strings = std::vector<std::string>;

struct Operand {
  DataType dtype = DataType::kFLOAT;
  Ints shape;
  std::vector<Number> values;  // row-major; empty: random in [low, high]
  double low = -2, high = 2;
  bool is_constant = false, is_absent = false;
  bool keeps_layout = false;  // always plain (weights, tables), as is every constant

  // None of these is inline, nor are those of AttrArg: the tables of cases are long expressions,
  // and take seconds to compile with the bodies in them.
  Operand();
  Operand(const Operand&);
  Operand(Operand&&) noexcept;
  Operand& operator=(const Operand&);
  Operand& operator=(Operand&&) noexcept;
  ~Operand();
  Operand with(std::vector<Number> v) const;
  Operand range(double lo, double hi) const;
  Operand constant() const;
  Operand plain() const;
};

Operand tensor(DataType t, Ints shape);
Operand f32(Ints shape);
Operand f64(Ints shape);
Operand f16(Ints shape);
Operand bf16(Ints shape);
Operand i64(Ints shape);
Operand i32(Ints shape);
Operand i8(Ints shape);
Operand u8(Ints shape);
Operand boolean(Ints shape);
Operand absent();

/// An attribute from the literal one would write.
struct AttrArg {
  ir::Attr value;
  AttrArg(int v);           // NOLINT
  AttrArg(int64_t v);       // NOLINT
  AttrArg(double v);        // NOLINT
  AttrArg(bool v);          // NOLINT
  AttrArg(const char* v);   // NOLINT
  AttrArg(DataType v);      // NOLINT
  AttrArg(Ints v);          // NOLINT
  AttrArg(Floats v);        // NOLINT
  AttrArg(Strings v);       // NOLINT
  AttrArg(ir::SymShape v);  // NOLINT
  AttrArg(const AttrArg&);
  AttrArg(AttrArg&&) noexcept;
  AttrArg& operator=(const AttrArg&);
  AttrArg& operator=(AttrArg&&) noexcept;
  ~AttrArg();
};

struct OpCase {
  std::string name;
  std::string op;
  std::vector<std::pair<std::string, AttrArg>> attrs = {};
  std::vector<Operand> in = {};
  std::vector<std::vector<Number>> expect = {};  // per output, row-major; empty: not known
  std::vector<Ints> expect_shapes = {};  // per output; empty: the shape rule's word is taken
  ir::SymEnv sizes = {};                 // symbols used in Sizes attributes
  double tolerance = 1;                  // factor on the table's
  std::string error = {};    // non-empty: every run throws Error, the reference's holding this text
  bool half_on_cuda = true;  // f16 and bf16, too
};

void PrintTo(const OpCase& c, std::ostream* out);  // for gtest's messages

/// Whether cases run on CUDA, too; the reason if not.
Support cuda_there();

/// Runs one case with gtest expectations, on the CPU and on CUDA if it is there. Returns the names
/// of the candidates that ran.
std::vector<std::string> run_case(const OpCase& c);

class OpTest : public testing::TestWithParam<OpCase> {};
std::string case_name(const testing::TestParamInfo<OpCase>& info);
/// Says whether `kernel` is among the candidates that ran `c`; for tests of one candidate.
testing::AssertionResult runs_on(const std::string& kernel, const OpCase& c);

/// Error bounds of a dtype: relative L2 norm of the difference, and largest difference over the
/// largest magnitude. Zero: equal bits.
struct Tolerance {
  double relative_l2, max_abs;
};
Tolerance tolerance_of(DataType t);

}  // namespace tenon::test

/// Makes a test of every case in a std::vector<OpCase>.
#define TENON_OP_TESTS(Family, cases)                                          \
  using Family = ::tenon::test::OpTest;                                        \
  TEST_P(Family, AgreesWithReference) { ::tenon::test::run_case(GetParam()); } \
  INSTANTIATE_TEST_SUITE_P(Ops, Family, ::testing::ValuesIn(cases), ::tenon::test::case_name)
