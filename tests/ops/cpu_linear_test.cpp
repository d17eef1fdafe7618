// SPDX-License-Identifier: Apache-2.0
// linear on the CPU: dot products for few rows, packed panels for many.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "base/buffer.h"
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

// Whole and part groups of 32 rows and columns, more rows and products than are split at a time;
// units of 192 columns, a sixth of which is multiplied in f32; rows for each thread.
std::vector<OpCase> amx_linear_cases() {
  std::vector<OpCase> c;
  for (int64_t rows : {16, 33, 63}) {
    for (Ints nk : {Ints{64, 32}, Ints{33, 31}, Ints{97, 385}, Ints{200, 49}}) {
      c.push_back({.name = std::to_string(rows) + " rows " + std::to_string(nk[0]) + " " +
                           std::to_string(nk[1]),
                   .op = "linear",
                   .in = {f32({rows, nk[1]}), f32(nk).constant(), f32({nk[0]}).constant()}});
    }
  }
  c.push_back({.name = "many blocks",
               .op = "linear",
               .attrs = {{"activation", "gelu_tanh"}},
               .in = {f32({2, 450, 800}), f32({70, 800}).constant(), absent(), f32({2, 450, 70})}});
  for (int64_t rows : {32, 77}) {
    for (Ints nk : {Ints{192, 64}, Ints{400, 416}, Ints{390, 33}}) {
      c.push_back({.name = std::to_string(rows) + " rows, units " + std::to_string(nk[0]) + " " +
                           std::to_string(nk[1]),
                   .op = "linear",
                   .attrs = {{"activation", "relu"}},
                   .in = {f32({rows, nk[1]}), f32(nk).constant(), f32({nk[0]}).constant(),
                          f32({rows, nk[0]})}});
    }
  }
  c.push_back({.name = "a unit of columns for all threads",
               .op = "linear",
               .in = {f32({260, 512}), f32({192, 512}).constant()}});
  return c;
}
TENON_OP_TESTS(CpuAmxLinear, amx_linear_cases());

// A layer of `rows` x kDepth by kDepth x kColumns, whose weights a kernel packs.
struct PackedLayer {
  static constexpr int64_t kDepth = 96, kColumns = 400;
  PackedLayer(const char* kernel, int64_t rows) : impl(*kernels::find_kernel("linear", kernel)) {
    const auto input = [&](const char* name, ir::SymShape shape) {
      return g.add_input(name, {ir::Kind::kTensor, DataType::kFLOAT, shape, {}});
    };
    p.layer = net::add_layer(g, "linear",
                             {input("x", {rows, kDepth}), input("w", {kColumns, kDepth})}, {}, "y");
    p.in.resize(2), p.out.resize(1);
    p.in[1].shape = {kColumns, kDepth}, p.in[1].is_constant = true;
    w.resize(kColumns * kDepth), x.resize(rows * kDepth);
  }
  void pack() {
    const ir::ConstantPtr dense = ir::make_constant(DataType::kFLOAT, {kColumns, kDepth}, w.data());
    p.in[0].shape = {static_cast<int64_t>(x.size()) / kDepth, kDepth};
    const ir::ConstantPtr packed = impl.pack(p, {nullptr, dense})[1];
    weights = packed->materialise();
    p.in[1].format = packed->format, p.in[1].constant_bytes = packed->bytes;
    p.in[1].data = weights.get();
  }
  // The first rows; what is behind them stays -1.
  std::vector<float> run(int64_t rows) {
    p.in[0].shape = {rows, kDepth}, p.out[0].shape = {rows, kColumns};
    EXPECT_TRUE(kernels::can_run(impl, p)) << rows << " rows";
    std::vector<float> y(x.size() / kDepth * kColumns, -1.0f);
    const auto kernel = impl.prepare(p);
    const auto scratch = make_buffer(kernel->scratch_bytes);
    const void* in[] = {x.data(), weights ? weights.get() : w.data()};
    void* out[] = {y.data()};
    kernel->run({in, out, scratch.get()});
    return y;
  }
  const kernels::KernelImpl& impl;
  ir::Graph g;
  kernels::Problem p;
  std::vector<float> w, x;
  std::shared_ptr<const void> weights;
};

class PackedLinear : public testing::TestWithParam<const char*> {};
// Without AMX cpu.amx_linear puts its weights together again.
INSTANTIATE_TEST_SUITE_P(Kernels, PackedLinear,
                         testing::Values("cpu.packed_linear", "cpu.amx_linear"));

// Weights packed at build time for many rows are all there is when a call has few.
TEST_P(PackedLinear, TakesAnyNumberOfRows) {
  PackedLayer layer(GetParam(), 40);
  for (size_t i = 0; i < layer.w.size(); ++i) layer.w[i] = static_cast<float>(i % 7) - 3;
  for (size_t i = 0; i < layer.x.size(); ++i) layer.x[i] = static_cast<float>(i % 5) - 2;
  layer.pack();
  for (const int64_t rows : {0, 1, 5, 7, 33}) {
    const std::vector<float> y = layer.run(rows);
    for (int64_t i = 0; i < 40 * layer.kColumns; ++i) {
      const int64_t r = i / layer.kColumns, c = i % layer.kColumns;
      float sum = 0;  // of small integers: exact in any order
      for (int64_t k = 0; k < layer.kDepth; ++k)
        sum += layer.x[r * layer.kDepth + k] * layer.w[c * layer.kDepth + k];
      ASSERT_EQ(y[i], r < rows ? sum : -1.0f) << rows << " rows, element " << i;
    }
  }
  layer.p.in[1].constant_bytes -= 4;
  EXPECT_FALSE(kernels::can_run(layer.impl, layer.p));
}

// As at run time, where it may take the place of another kernel.
TEST(CpuLinear, PacksWhereNothingWasPacked) {
  PackedLayer layer("cpu.packed_linear", 7);
  std::fill(layer.w.begin(), layer.w.end(), 2.0f), std::fill(layer.x.begin(), layer.x.end(), 3.0f);
  layer.p.in[1].data = layer.w.data();
  for (const float y : layer.run(7)) ASSERT_EQ(y, 6.0f * layer.kDepth);
}

// Magnitudes that do not fit into bf16 parts, infinities and NaN, in rows and in columns.
TEST_P(PackedLinear, AnyMagnitude) {
  constexpr int64_t kRows = 140;
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = NAN;
  PackedLayer layer(GetParam(), kRows);
  const int64_t depth = layer.kDepth, columns = layer.kColumns;
  std::mt19937 rng(1);
  const auto fill = [&](std::vector<float>& v) {
    for (float& f : v) f = static_cast<float>(rng() % 20001) / 10000.0f - 1.0f;
  };
  fill(layer.x), fill(layer.w);
  const auto scale = [&](std::vector<float>& v, int64_t row, float by) {
    for (int64_t k = 0; k < depth; ++k) v[row * depth + k] *= by;
  };
  // Groups of 32 rows and of 32 columns, units of 192 columns, some of which have nothing special.
  scale(layer.x, 4, 1e-18f), scale(layer.x, 40, 0.0f), scale(layer.x, 66, 1e-30f);
  layer.x[71 * depth + 5] = kInfinity, layer.x[72 * depth] = kNan;
  scale(layer.x, 100, 3e25f), layer.x[130 * depth] = 1e-42f;
  scale(layer.w, 2, 1e-18f), scale(layer.w, 66, 1e-35f), scale(layer.w, 67, 1e12f);
  layer.w[100 * depth + 3] = -kInfinity, layer.w[101 * depth] = kNan;
  scale(layer.w, 129, 0.0f), scale(layer.w, 355, 1e-35f);
  layer.pack();
  const std::vector<float> y = layer.run(kRows);
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      double sum = 0, size = 0;
      for (int64_t k = 0; k < depth; ++k) {
        const double term = double{layer.x[r * depth + k]} * layer.w[c * depth + k];
        sum += term, size += std::fabs(term);
      }
      const float got = y[r * columns + c];
      if (std::isnan(sum)) {
        ASSERT_TRUE(std::isnan(got)) << r << ", " << c << ": " << got;
      } else if (std::isinf(sum)) {
        ASSERT_EQ(got, static_cast<float>(sum)) << r << ", " << c;
      } else {
        ASSERT_NEAR(got, sum, 1e-6 * size + 1e-40) << r << ", " << c;
      }
    }
  }
}

// A candidate that says no is not tested by agreeing with the reference: these have to say yes.
TEST(CpuLinear, TakesWhatItIsFor) {
  EXPECT_TRUE(runs_on("cpu.linear", linear_cases()[0]));
  EXPECT_TRUE(runs_on("cpu.packed_linear", packed_linear_cases()[0]));
  EXPECT_EQ(runs_on("cpu.amx_linear", amx_linear_cases()[0]), kernels::amx());
}

}  // namespace
}  // namespace tenon::test
