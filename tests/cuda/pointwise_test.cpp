// SPDX-License-Identifier: Apache-2.0
// Generated pointwise sources compile for every op and type, and say what they should. Needs NVRTC
// but no GPU.
#include <gtest/gtest.h>

#include "base/cuda_api.h"
#include "kernels/cuda/code.h"
#include "kernels/cuda/pointwise_source.h"

namespace tenon::kernels::cuda_kernels {
namespace {

using Lines = std::vector<std::string>;

constexpr DataType kTypes[] = {DataType::kFLOAT,  DataType::kHALF,  DataType::kBF16,
                               DataType::kDOUBLE, DataType::kINT8,  DataType::kUINT8,
                               DataType::kINT32,  DataType::kINT64, DataType::kBOOL};

const char* const kOps[] = {
    "relu",      "clip",      "sigmoid",   "tanh",         "leaky_relu",  "elu",
    "selu",      "softsign",  "softplus",  "hard_sigmoid", "scaled_tanh", "thresholded_relu",
    "gelu_erf",  "gelu_tanh", "silu",      "hard_swish",   "mish",        "exp",
    "log",       "sqrt",      "recip",     "sin",          "cos",         "tan",
    "sinh",      "cosh",      "asin",      "acos",         "atan",        "asinh",
    "acosh",     "atanh",     "ceil",      "floor",        "erf",         "round",
    "rsqrt",     "expm1",     "log1p",     "trunc",        "abs",         "neg",
    "sign",      "isinf",     "isnan",     "not",          "sum",         "prod",
    "max",       "min",       "sub",       "pow",          "floor_div",   "trunc_div",
    "mod",       "fmod",      "div",       "atan2",        "and",         "or",
    "xor",       "equal",     "not_equal", "greater",      "less",        "greater_equal",
    "less_equal"};

std::string source_of(const Lines& program, const std::vector<DataType>& inputs) {
  return pointwise_source(net::parse_pointwise(program, inputs), inputs);
}

/// Every op that is defined on `t`, each on the inputs, in one program.
Lines all_ops(DataType t) {
  Lines lines;
  for (const std::string op : kOps) {
    if (!net::pointwise_accepts(op, t)) continue;
    const bool params = net::pointwise_params(op) > 0;
    lines.push_back(op + (net::pointwise_arity(op) == 2 ? " i0 i1" : " i0") +
                    (params ? " 0.5 2" : ""));
  }
  lines.push_back("const 3 " + std::string(name_of(t)));
  lines.push_back("select i2 i0 t" + std::to_string(lines.size() - 1));
  for (DataType to : kTypes) {
    lines.push_back(std::string("cast t0 ") + name_of(to));
  }
  return lines;
}

/// The text of a program with its class renamed and without kernels, so that many stand together.
std::string function_of(const std::string& source, const std::string& name) {
  const size_t begin = source.find("struct Program"), end = source.find("POINTWISE_KERNELS");
  return "struct " + name + source.substr(begin + 14, end - begin - 14);
}

/// A source that instantiates all_ops() of every type; the result of each line is kept.
std::string everything() {
  std::string text =
                  "#include \"common.cuh\"\n#include \"strided.cuh\"\n#include \"pointwise.cuh\"\n",
              uses;
  int count = 0;
  for (DataType t : kTypes) {
    // Computed in the same class of ops as f16 and i32, which show what the casts of these do.
    if (t == DataType::kBF16 || t == DataType::kINT8) continue;
    const std::vector<DataType> inputs{t, t, DataType::kBOOL};
    const Instrs all = net::parse_pointwise(all_ops(t), inputs);
    // A line whose result nobody needs would be dropped: each ends a program of its own.
    for (const net::PointwiseInstr& last : all) {
      bool from_inputs = true;
      for (const auto& o : last.operands) from_inputs &= o.is_input;
      if (!from_inputs) continue;
      const std::string name = "P" + std::to_string(count++);
      text += function_of(pointwise_source({last}, inputs), name);
      uses += "  { " + name + "::Loads<1> r; " + name + "::fetch_all<1>(r, p.o, p.at); ((" + name +
              "::Out*)p.out)[" + std::to_string(count) + "] = " + name + "::compute(r, 0); }\n";
    }
  }
  return text + "struct Params { Operand o[4]; i64 at[4]; void* out; };\n" +
         "KERNEL all(const __grid_constant__ Params p) {\n" + uses + "}\n";
}

class PointwiseCode : public ::testing::TestWithParam<int> {};

TEST_P(PointwiseCode, EveryOpOfEveryTypeCompiles) {
  if (Support nvrtc = cuda::has_nvrtc(); !nvrtc) GTEST_SKIP() << nvrtc.reason();
  const std::string cubin = compile_code({"every op", everything(), {}}, architecture(GetParam()));
  EXPECT_TRUE(cubin.starts_with("\177ELF"));
}

TEST_P(PointwiseCode, KernelsCompile) {
  if (Support nvrtc = cuda::has_nvrtc(); !nvrtc) GTEST_SKIP() << nvrtc.reason();
  const DataType h = DataType::kHALF, f = DataType::kFLOAT, i = DataType::kINT64;
  for (const std::string& source :
       {source_of({"sum i0 i1", "relu t0"}, {h, h}),
        source_of({"sum i0 i1", "gelu_erf t0"}, {f, f}), source_of({"cast i0 f16"}, {f}),
        source_of({"equal i0 i1", "select t0 i2 i3"}, {i, i, f, f}),
        source_of({"not i0"}, {DataType::kBOOL})}) {
    const std::string cubin = compile_code({"pointwise", source, {}}, architecture(GetParam()));
    EXPECT_NE(cubin.find("vectors"), std::string::npos);
    EXPECT_NE(cubin.find("elements"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Device, PointwiseCode, ::testing::Values(80, 90, 100));

TEST(PointwiseSource, HalfResultsAreRoundedWhereItShows) {
  const DataType h = DataType::kHALF;
  const std::string s = source_of({"sum i0 i1", "prod t0 i1", "floor t1", "greater t2 i0"}, {h, h});
  EXPECT_NE(s.find("HalfOps::prod(t0, i1)"), std::string::npos) << s;
  EXPECT_NE(s.find("HalfOps::floor(rounded<f16>(t1))"), std::string::npos) << s;
  EXPECT_NE(s.find("rounded<f16>(t2) > i0"), std::string::npos) << s;
}

TEST(PointwiseSource, ConstantsAreExact) {
  const std::string s =
      source_of({"const 0.1 f32", "const -inf f32", "sum i0 t0", "max t2 t1"}, {DataType::kFLOAT});
  EXPECT_NE(s.find("__uint_as_float(0x3dcccccdu)"), std::string::npos) << s;
  EXPECT_NE(s.find("__uint_as_float(0xff800000u)"), std::string::npos) << s;
}

TEST(PointwiseSource, SmallConstantPowersAreProducts) {
  const std::string s = source_of({"const 2 f32", "pow i0 t0"}, {DataType::kFLOAT});
  EXPECT_NE(s.find("FloatOps<f32>::square(i0)"), std::string::npos) << s;
}

TEST(PointwiseSource, VectorsHave16BytesOfTheWidestOperand) {
  EXPECT_EQ(vector_width({DataType::kHALF, DataType::kHALF}, DataType::kHALF), 8);
  EXPECT_EQ(vector_width({DataType::kHALF}, DataType::kFLOAT), 4);
  EXPECT_EQ(vector_width({DataType::kINT64}, DataType::kBOOL), 2);
  EXPECT_EQ(vector_width({DataType::kBOOL}, DataType::kBOOL), 16);
}

}  // namespace
}  // namespace tenon::kernels::cuda_kernels
