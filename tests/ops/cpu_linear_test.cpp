// SPDX-License-Identifier: Apache-2.0
// linear on the CPU: dot products for few rows, packed panels for many.
#include <algorithm>

#include "net/layer.h"
#include "op_test.h"

namespace tenon::test {
namespace {

std::vector<OpCase> linear_cases() {
  std::vector<OpCase> c;
  for (int64_t rows : {1, 2, 3, 4}) {
    for (Ints nk : {Ints{10, 84}, Ints{7, 5}, Ints{1, 400}, Ints{130, 33}, Ints{1000, 512}}) {
      c.push_back({.name = std::to_string(rows) + " rows " + std::to_string(nk[0]) + " " +
                           std::to_string(nk[1]),
                   .op = "linear",
                   .in = {f32({rows, nk[1]}), f32(nk).constant(), f32({nk[0]}).constant()}});
    }
  }
  c.push_back(
      {.name = "fused",
       .op = "linear",
       .attrs = {{"activation", "gelu_erf"}},
       .in = {f32({1, 3, 40}), f32({21, 40}).constant(), f32({21}).constant(), f32({1, 3, 21})}});
  c.push_back({.name = "no bias, relu",
               .op = "linear",
               .attrs = {{"activation", "relu"}},
               .in = {f32({2, 40}), f32({21, 40}).constant()}});
  return c;
}
TENON_OP_TESTS(CpuLinear, linear_cases());

// Whole and part panels of 64 columns, tiles of 6 rows, sums of 256 and blocks of 768 products.
std::vector<OpCase> packed_linear_cases() {
  std::vector<OpCase> c;
  for (int64_t rows : {6, 11, 20, 181}) {
    for (Ints nk : {Ints{64, 128}, Ints{10, 84}, Ints{65, 300}, Ints{200, 1}, Ints{1000, 33}}) {
      c.push_back({.name = std::to_string(rows) + " rows " + std::to_string(nk[0]) + " " +
                           std::to_string(nk[1]),
                   .op = "linear",
                   .in = {f32({rows, nk[1]}), f32(nk).constant(), f32({nk[0]}).constant()}});
    }
  }
  c.push_back({.name = "many blocks",
               .op = "linear",
               .attrs = {{"activation", "relu"}},
               .in = {f32({400, 1700}), f32({70, 1700}).constant(), f32({70}).constant()}});
  for (const char* activation : {"", "gelu_erf", "clip"}) {
    c.push_back({.name = std::string("fused ") + activation,
                 .op = "linear",
                 .attrs = {{"activation", activation}, {"alpha", -1.5}, {"beta", 2.5}},
                 .in = {f32({2, 9, 140}), f32({150, 140}).constant(), f32({150}).constant(),
                        f32({2, 9, 150})}});
  }
  c.push_back({.name = "no bias, residual",
               .op = "linear",
               .in = {f32({32, 40}), f32({21, 40}).constant(), absent(), f32({32, 21})}});
  return c;
}
TENON_OP_TESTS(CpuPackedLinear, packed_linear_cases());

// Weights packed at build time for many rows are all there is when a call has few.
TEST(CpuLinear, PackedTakesAnyNumberOfRows) {
  constexpr int64_t kDepth = 30, kColumns = 70;
  ir::Graph g;
  const auto input = [&](const char* name, ir::SymShape shape) {
    return g.add_input(name, {ir::Kind::kTensor, DataType::kFLOAT, shape, {}});
  };
  kernels::Problem p;
  p.layer = net::add_layer(g, "linear", {input("x", {20, kDepth}), input("w", {kColumns, kDepth})},
                           {}, "y");
  std::vector<float> w(kColumns * kDepth), x(20 * kDepth), y(20 * kColumns);
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i % 7) - 3;
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 5) - 2;
  const kernels::KernelImpl& impl = *kernels::find_kernel("linear", "cpu.packed_linear");
  p.in.resize(2), p.out.resize(1);
  p.in[0].shape = {20, kDepth}, p.out[0].shape = {20, kColumns};
  p.in[1].shape = {kColumns, kDepth}, p.in[1].is_constant = true;
  const ir::ConstantPtr dense = ir::make_constant(DataType::kFLOAT, {kColumns, kDepth}, w.data());
  const ir::ConstantPtr packed = impl.pack(p, {nullptr, dense})[1];
  const auto panels = packed->materialise();
  p.in[1].format = packed->format, p.in[1].constant_bytes = packed->bytes;
  const auto expect_right = [&](int64_t rows, const void* weights) {
    p.in[0].shape[0] = p.out[0].shape[0] = rows;
    ASSERT_TRUE(kernels::can_run(impl, p)) << rows << " rows";
    const void* in[] = {x.data(), weights};
    void* out[] = {y.data()};
    std::fill(y.begin(), y.end(), -1.0f);
    impl.prepare(p)->run({in, out, nullptr});
    for (int64_t i = 0; i < 20 * kColumns; ++i) {
      const int64_t r = i / kColumns, c = i % kColumns;
      float sum = 0;  // of small integers: exact in any order
      for (int64_t k = 0; k < kDepth; ++k) sum += x[r * kDepth + k] * w[c * kDepth + k];
      ASSERT_EQ(y[i], r < rows ? sum : -1.0f) << rows << " rows, element " << i;
    }
  };
  for (const int64_t rows : {0, 1, 2, 5, 7}) expect_right(rows, panels.get());
  p.in[1].constant_bytes -= 4;
  EXPECT_FALSE(kernels::can_run(impl, p));
  p.in[1].format = "", p.in[1].constant_bytes = dense->bytes, p.in[1].data = w.data();
  expect_right(7, w.data());  // as at run time, where it may take the place of another kernel
}

// A candidate that says no is not tested by agreeing with the reference: these have to say yes.
TEST(CpuLinear, TakesWhatItIsFor) {
  EXPECT_TRUE(runs_on("cpu.linear", linear_cases()[0]));
  EXPECT_TRUE(runs_on("cpu.packed_linear", packed_linear_cases()[0]));
}

}  // namespace
}  // namespace tenon::test
