// SPDX-License-Identifier: Apache-2.0
// The maps of mma_maps.cuh, on the host: a warp is an array of 32 lanes, the instructions are
// written out as PTX defines them, and the two products of attention come out right.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "engine/engine_case.h"
#include "engine/run/sizes.h"
#define DEVICE static inline
#include "kernels/cuda/src/mma_maps.cuh"

namespace tenon::kernels {
namespace {

constexpr int kLanes = 32;
using Matrix = std::vector<std::vector<int>>;  // rows of columns
using Pair = std::array<int, 2>;               // the two halves of a register, low one first
template <size_t N>
using Registers = std::array<std::array<Pair, N>, kLanes>;
using Sums = std::array<std::array<int, 4>, kLanes>;

Matrix numbers(int rows, int columns, int seed) {
  Matrix m(rows, std::vector<int>(columns));
  for (auto& row : m)
    for (int& x : row) x = (seed = (seed * 37 + 11) % 101) - 50;
  return m;
}

/// ldmatrix.x4: lane 8 i + r gives (row, column) of row r of matrix i; lane l receives the elements
/// 2 (l % 4) and the next of row l / 4, or with .trans of column l / 4.
Registers<4> ldmatrix4(const Matrix& stored, int (*row)(int), int (*column)(int), int first_row,
                       int first_column, bool trans) {
  Registers<4> r;
  for (int lane = 0; lane < kLanes; ++lane)
    for (int i = 0; i < 4; ++i)
      for (int h = 0; h < 2; ++h) {
        const int at_row = trans ? 2 * (lane % 4) + h : lane / 4;
        const int at_column = trans ? lane / 4 : 2 * (lane % 4) + h;
        const int giver = 8 * i + at_row;
        r[lane][i][h] = stored[first_row + row(giver)][first_column + column(giver) + at_column];
      }
  return r;
}

/// mma.m16n8k16, with the places that the PTX manual gives its fragments.
void mma(Sums& d, const Registers<4>& a, const Registers<4>& b, int first_b) {
  const auto a_at = [&](int row, int k) {
    return a[row % 8 * 4 + k % 8 / 2][(row >= 8 ? 1 : 0) + (k >= 8 ? 2 : 0)][k % 2];
  };
  const auto b_at = [&](int k, int column) {
    return b[column * 4 + k % 8 / 2][first_b + (k >= 8 ? 1 : 0)][k % 2];
  };
  for (int lane = 0; lane < kLanes; ++lane)
    for (int i = 0; i < 4; ++i)
      for (int k = 0; k < 16; ++k)
        d[lane][i] += a_at(lane / 4 + (i >= 2 ? 8 : 0), k) * b_at(k, lane % 4 * 2 + i % 2);
}

Registers<4> left_operand(const Matrix& m, int first_column) {
  Registers<4> a;
  for (int lane = 0; lane < kLanes; ++lane)
    for (int r = 0; r < 4; ++r)
      for (int h = 0; h < 2; ++h)
        a[lane][r][h] = m[mma_a_row(lane, r)][first_column + mma_a_col(lane, r) + h];
  return a;
}

TEST(MmaMaps, QueriesTimesKeys) {
  constexpr int kDepth = 48;
  const Matrix q = numbers(16, kDepth, 1), k = numbers(16, kDepth, 2);
  std::array<Sums, 2> s{};
  for (int d = 0; d < kDepth; d += 16) {
    const Registers<4> b = ldmatrix4(k, ldm_nk_row, ldm_nk_col, 0, d, false);
    for (int n = 0; n < 2; ++n) mma(s[n], left_operand(q, d), b, 2 * n);
  }
  for (int n = 0; n < 2; ++n)
    for (int lane = 0; lane < kLanes; ++lane)
      for (int i = 0; i < 4; ++i) {
        int want = 0;
        for (int d = 0; d < kDepth; ++d)
          want += q[mma_d_row(lane, i)][d] * k[n * 8 + mma_d_col(lane, i)][d];
        EXPECT_EQ(s[n][lane][i], want) << "lane " << lane << " value " << i << " tile " << n;
      }
}

TEST(MmaMaps, ProbabilitiesTimesValues) {
  // The probabilities are where the first product left them: two results of 16 x 8 are one operand.
  const Matrix p = numbers(16, 16, 3), v = numbers(16, 16, 4);
  Registers<4> a;
  for (int lane = 0; lane < kLanes; ++lane)
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 2; ++c) {
        const int tile = r >> 1, i = 2 * (r & 1) + c;
        a[lane][r][c] = p[mma_d_row(lane, i)][tile * 8 + mma_d_col(lane, i)];
      }
  EXPECT_EQ(a, left_operand(p, 0));
  const Registers<4> b = ldmatrix4(v, ldm_kn_row, ldm_kn_col, 0, 0, true);
  for (int n = 0; n < 2; ++n) {
    Sums out{};
    mma(out, a, b, 2 * n);
    for (int lane = 0; lane < kLanes; ++lane)
      for (int i = 0; i < 4; ++i) {
        int want = 0;
        for (int t = 0; t < 16; ++t)
          want += p[mma_d_row(lane, i)][t] * v[t][n * 8 + mma_d_col(lane, i)];
        EXPECT_EQ(out[lane][i], want) << "lane " << lane << " value " << i << " tile " << n;
      }
  }
}

// ---- what the candidate says

struct Asked {
  ir::Graph graph;
  DeviceTarget target;
  Problem problem;
};
std::unique_ptr<Asked> ask(const std::string& inputs, const std::string& call,
                           const std::string& type) {
  auto a = std::make_unique<Asked>();
  a->graph =
      test::net_graph("graph {\n" + inputs + "  %y : " + type + " = " + call + "\n  return %y\n}");
  a->target.processors = 132;
  const ir::Node& node = *a->graph.outputs[0]->producer();
  a->problem = engine::make_problem(node, engine::opt_sizes(a->graph), 1, &a->target);
  return a;
}
std::unique_ptr<Asked> attention(const std::string& type, int batch, int queries, int depth) {
  const std::string shape = detail::concat(type, "[", batch, ", 12, ", queries, ", ", depth, "]");
  return ask("  input %q : " + shape + "\n  input %k : " + shape + "\n  input %v : " + shape + "\n",
             "attention(%q, %k, %v)", shape);
}
const KernelImpl& candidate() {
  const auto all = candidates("attention", Device::kCUDA);
  for (const KernelImpl* impl : all)
    if (impl->name() == "cuda.attention") return *impl;
  throw Error("cuda.attention is not registered");
}

TEST(CudaAttention, OffersBlockSizesBestGuessFirst) {
  using Names = std::vector<std::string>;
  // 12 heads of a batch of one: the smallest blocks, to have many. A batch of 32: the largest.
  EXPECT_EQ(candidate().tactics(attention("f16", 1, 128, 64)->problem),
            (Names{"q16", "q128", "q64", "q32"}));
  EXPECT_EQ(candidate().tactics(attention("f16", 32, 128, 64)->problem),
            (Names{"q128", "q64", "q32", "q16"}));
  EXPECT_EQ(candidate().tactics(attention("bf16", 32, 128, 128)->problem),
            (Names{"q64", "q32", "q16"}));
  EXPECT_EQ(candidate().tactics(attention("f32", 32, 128, 64)->problem),
            (Names{"q64", "q32", "q16"}));
}

TEST(CudaAttention, SaysWhy) {
  for (const char* type : {"f32", "f16", "bf16"})
    for (int depth : {1, 64, 72, 128, 256})
      EXPECT_TRUE(candidate().supports(attention(type, 1, 8, depth)->problem));
  const auto reason = [](const char* type, int depth) {
    return candidate().supports(attention(type, 1, 8, depth)->problem).reason();
  };
  EXPECT_EQ(reason("f64", 64), "f32, f16 and bf16 only");
  EXPECT_EQ(reason("f16", 512), "a depth of 512; up to 256 fit the kernel's registers");
}

}  // namespace
}  // namespace tenon::kernels
