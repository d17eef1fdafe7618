// SPDX-License-Identifier: Apache-2.0
// Products on CUDA, as far as no GPU is needed: how a layer becomes one strided product, the text
// of a library's algorithm, and who says no to what.
#include <gtest/gtest.h>

#include "engine/engine_case.h"
#include "engine/run/sizes.h"
#include "kernels/cuda/lt_matmul.h"
#include "kernels/cuda/matmul_shape.h"

namespace tenon::kernels {
namespace {

using cpu::Ints;

struct Asked {
  ir::Graph graph;
  DeviceTarget target;
  Problem problem;
};
/// The layer `call` of inputs %a, %b, %c of the given types.
std::unique_ptr<Asked> ask(const std::vector<std::string>& types, const std::string& call,
                           const std::string& type) {
  auto a = std::make_unique<Asked>();
  std::string text = "graph {\n";
  for (size_t i = 0; i < types.size(); ++i)
    text += std::string("  input %") + static_cast<char>('a' + i) + " : " + types[i] + "\n";
  a->graph = test::net_graph(text + "  %y : " + type + " = " + call + "\n  return %y\n}");
  const ir::Node& node = *a->graph.outputs[0]->producer();
  a->problem = engine::make_problem(node, engine::opt_sizes(a->graph), 1, &a->target);
  return a;
}

std::string reason(const std::string& kernel, const Asked& a) {
  const KernelImpl* found = nullptr;
  for (const KernelImpl* impl : candidates(a.problem.layer->op, Device::kCUDA))
    if (impl->name() == kernel) found = impl;
  if (!found) return kernel + " is not registered";
  const Support s = found->supports(a.problem);
  return s ? "yes" : s.reason();
}

/// out[b][i][j] by the shape's strides.
std::vector<double> product(const MatmulShape& s, const std::vector<double>& a,
                            const std::vector<double>& b) {
  std::vector<double> out;
  for (int64_t batch = 0; batch < s.batches(); ++batch) {
    int64_t rest = batch, a_at = 0, b_at = 0;
    for (size_t d = s.batch.size(); d-- > 0; rest /= s.batch[d]) {
      a_at += rest % s.batch[d] * s.a_batch[d];
      b_at += rest % s.batch[d] * s.b_batch[d];
    }
    for (int64_t i = 0; i < s.m; ++i)
      for (int64_t j = 0; j < s.n; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < s.k; ++k)
          sum += a.at(a_at + i * s.a_row + k * s.a_k) * b.at(b_at + k * s.b_k + j * s.b_column);
        out.push_back(sum);
      }
  }
  return out;
}

/// The strides give what the reference kernel computes, as rows of one matrix too.
void expect_product(const std::string& a, const std::string& b, const std::string& attributes,
                    const std::string& out) {
  const auto asked =
      ask({"f64" + a, "f64" + b}, "matrix_multiply(%a, %b) {" + attributes + "}", "f64" + out);
  const Problem& p = asked->problem;
  std::vector<double> x(p.in[0].elements()), y(p.in[1].elements()), want(p.out[0].elements());
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i * 7 % 11) - 5;
  for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(i * 5 % 13) - 6;
  Problem on_cpu = p;
  on_cpu.target = nullptr;
  const void* in[] = {x.data(), y.data()};
  void* to[] = {want.data()};
  reference_kernel("matrix_multiply").prepare(on_cpu)->run({in, to, nullptr});
  const MatmulShape s = matrix_multiply_shape(p);
  EXPECT_EQ(product(s, x, y), want) << a << " x " << b << " " << attributes;
  EXPECT_EQ(product(batch_as_rows(s), x, y), want) << a << " x " << b << " " << attributes;
}

TEST(MatmulShape, StridesAreThoseOfTheReference) {
  expect_product("[4, 3]", "[3, 5]", "", "[4, 5]");
  expect_product("[3, 4]", "[3, 5]", "op0=\"transpose\"", "[4, 5]");
  expect_product("[4, 3]", "[5, 3]", "op1=\"transpose\"", "[4, 5]");
  expect_product("[3, 4]", "[5, 3]", "op0=\"transpose\" op1=\"transpose\"", "[4, 5]");
  expect_product("[3]", "[3, 5]", "op0=\"vector\"", "[5]");
  expect_product("[2, 4, 3]", "[3]", "op1=\"vector\"", "[2, 4]");
  expect_product("[3]", "[3]", "op0=\"vector\" op1=\"vector\"", "[]");
  expect_product("[2, 6, 4, 3]", "[2, 6, 3, 5]", "", "[2, 6, 4, 5]");
  expect_product("[2, 1, 4, 3]", "[6, 3, 5]", "", "[2, 6, 4, 5]");
  expect_product("[2, 6, 4, 3]", "[3, 5]", "", "[2, 6, 4, 5]");
  expect_product("[2, 6, 3, 4]", "[5, 3]", "op0=\"transpose\" op1=\"transpose\"", "[2, 6, 4, 5]");
  expect_product("[4, 3]", "[2, 3, 5]", "", "[2, 4, 5]");
}

TEST(MatmulShape, MergesBatchesAndRows) {
  const auto shape = [](const char* a, const char* b, const char* out) {
    return matrix_multiply_shape(ask({std::string("f32") + a, std::string("f32") + b},
                                     "matrix_multiply(%a, %b)", std::string("f32") + out)
                                     ->problem);
  };
  EXPECT_EQ(shape("[2, 6, 4, 3]", "[2, 6, 3, 5]", "[2, 6, 4, 5]").batch, (Ints{12}));
  EXPECT_EQ(shape("[2, 6, 4, 3]", "[2, 1, 3, 5]", "[2, 6, 4, 5]").batch, (Ints{2, 6}));
  const MatmulShape rows = batch_as_rows(shape("[2, 6, 4, 3]", "[3, 5]", "[2, 6, 4, 5]"));
  EXPECT_EQ(rows.m, 48);
  EXPECT_EQ(rows.batches(), 1);
}

TEST(LtAlgorithm, TextIsReadBack) {
  cublasLtMatmulAlgo_t algo{}, back{};
  algo.data[0] = 0x123456789abcdef0u;
  algo.data[2] = ~uint64_t{0};
  const std::string text = lt_algorithm_text(algo, 130100);
  EXPECT_EQ(text, "130100-123456789abcdef0-0-ffffffffffffffff");
  ASSERT_TRUE(lt_parse_algorithm(text, 130100, back));
  EXPECT_TRUE(std::equal(std::begin(algo.data), std::end(algo.data), std::begin(back.data)));
  for (const char* wrong : {"", "130100", "130100-", "130100-1-", "130100-x", "130200-1", "q64",
                            "130100-1-2-3-4-5-6-7-8-9", "130100-11111111111111111"})
    EXPECT_FALSE(lt_parse_algorithm(wrong, 130100, back)) << wrong;
}

TEST(CudaLinear, SaysWhy) {
  const auto linear = [](const char* type, const char* activation) {
    const std::string t = type;
    return ask({t + "[2, 7, 3]", t + "[5, 3]", t + "[5]"},
               std::string("linear(%a, %b, %c) {activation=\"") + activation + "\"}",
               t + "[2, 7, 5]");
  };
  for (const char* type : {"f32", "f16", "bf16"}) {
    for (const std::string fused : {"", "relu", "gelu_tanh"}) {
      if (!fused.empty() && std::string(type) == "f32") continue;
      EXPECT_EQ(reason("cublas.linear", *linear(type, fused.c_str())), "yes");
      EXPECT_EQ(reason("cublas.linear_then_activation", *linear(type, fused.c_str())),
                "cuBLASLt applies the activation itself");
    }
    EXPECT_EQ(reason("cublas.linear", *linear("f32", "gelu_tanh")),
              "the GELU of cuBLASLt takes an approximate tanh, too coarse for f32");
    EXPECT_EQ(reason("cublas.linear", *linear("f32", "relu")),
              "the ReLU of cuBLASLt can make 0 of NaN");
    for (const char* activation : {"gelu_tanh", "relu"})
      EXPECT_EQ(reason("cublas.linear_then_activation", *linear("f32", activation)), "yes");
    EXPECT_EQ(reason("cublas.linear", *linear(type, "gelu_erf")),
              "the GELU of cuBLASLt is the tanh form, the layer wants the exact one");
    EXPECT_EQ(reason("cublas.linear", *linear(type, "silu")),
              "cuBLASLt has no epilogue for \"silu\"");
    EXPECT_EQ(reason("cublas.linear_then_activation", *linear(type, "gelu_erf")), "yes");
    EXPECT_EQ(reason("cuda.linear", *linear(type, "gelu_erf")), "yes");
  }
  EXPECT_EQ(reason("cublas.linear", *linear("f64", "")),
            "cuBLASLt is used for f32, f16 and bf16 only, not for f64");
  EXPECT_EQ(reason("cuda.linear", *linear("f64", "relu")), "yes");
  EXPECT_EQ(reason("cuda.linear", *linear("f64", "silu")), "no device code for \"silu\" in f64");
}

TEST(CudaMatrixMultiply, SaysWhy) {
  const auto layer = [](const char* type) {
    const std::string t = type;
    return ask({t + "[2, 6, 4, 3]", t + "[2, 1, 3, 5]"}, "matrix_multiply(%a, %b)",
               t + "[2, 6, 4, 5]");
  };
  EXPECT_EQ(reason("cublas.matrix_multiply", *layer("f16")),
            "the batch dims do not merge into one stride per operand");
  EXPECT_EQ(reason("cuda.matrix_multiply", *layer("f16")), "yes");
  EXPECT_EQ(reason("cublas.matrix_multiply", *layer("f64")),
            "cuBLASLt is used for f32, f16 and bf16 only, not for f64");
}

}  // namespace
}  // namespace tenon::kernels
