// SPDX-License-Identifier: Apache-2.0
// cpu.winograd: 3x3 convolution from transformed patches.
#include <cmath>
#include <limits>
#include <random>

#include "base/buffer.h"
#include "net/layer.h"
#include "op_test.h"

namespace tenon::test {
namespace {

struct Form {
  const char* name;
  Ints image, window;  // [N, C, H, W], [K, C]
  Ints before, after;  // padding
};

OpCase convolution(const Form& f) {
  return {.name = f.name,
          .op = "convolution",
          .attrs = {{"stride", Ints{1, 1}},
                    {"pre_padding", f.before},
                    {"post_padding", f.after},
                    {"dilation", Ints{1, 1}},
                    {"groups", 1}},
          .in = {f32(f.image), f32({f.window[0], f.window[1], 3, 3}).constant()}};
}

// Whole and part tiles, vectors and panels; few and many groups of tiles; small weights, which each
// thread multiplies with its own patches, and large ones (above 1.5 MiB).
std::vector<OpCase> cases() {
  std::vector<OpCase> c;
  for (const Form& f :
       std::vector<Form>{{"one pixel", {1, 16, 1, 1}, {1, 16}, {1, 1}, {1, 1}},
                         {"one tile", {1, 17, 2, 2}, {64, 17}, {1, 1}, {1, 1}},
                         {"odd", {2, 40, 7, 5}, {65, 40}, {1, 1}, {1, 1}},
                         {"no padding", {3, 16, 6, 9}, {20, 16}, {0, 0}, {0, 0}},
                         {"uneven padding", {1, 24, 4, 6}, {33, 24}, {0, 3}, {2, 1}},
                         {"all padding", {1, 16, 1, 2}, {16, 16}, {4, 4}, {4, 4}},
                         {"groups of tiles", {2, 33, 45, 38}, {70, 33}, {1, 1}, {1, 1}},
                         {"large weights", {1, 161, 5, 7}, {165, 161}, {1, 1}, {1, 1}},
                         {"large weights, many tiles", {1, 400, 37, 39}, {16, 400}, {1, 1}, {1, 1}},
                         {"no image", {0, 16, 4, 4}, {16, 16}, {1, 1}, {1, 1}}}) {
    c.push_back(convolution(f));
  }
  for (const char* activation : {"", "relu", "gelu_erf"}) {
    OpCase fused = convolution({"fused", {2, 32, 9, 8}, {72, 32}, {1, 1}, {1, 1}});
    fused.name += std::string(" ") + activation;
    fused.attrs.emplace_back("activation", activation);
    fused.in.push_back(f32({72}).constant());
    fused.in.push_back(f32({2, 72, 9, 8}));
    c.push_back(fused);
  }
  return c;
}
using Winograd = OpTest;
TEST_P(Winograd, AgreesWithReference) { EXPECT_TRUE(runs_on("cpu.winograd", GetParam())); }
INSTANTIATE_TEST_SUITE_P(Ops, Winograd, testing::ValuesIn(cases()), case_name);

// A layer with its weights packed, and what its outputs should be.
struct Layer {
  static constexpr int64_t kChannels = 20, kKernels = 130, kSide = 12;
  Layer() : impl(*kernels::find_kernel("convolution", "cpu.winograd")) {
    const auto input = [&](const char* name, ir::SymShape shape) {
      return g.add_input(name, {ir::Kind::kTensor, DataType::kFLOAT, shape, {}});
    };
    p.layer = net::add_layer(
        g, "convolution",
        {input("x", {1, kChannels, kSide, kSide}), input("w", {kKernels, kChannels, 3, 3})},
        {{"stride", Ints{1, 1}},
         {"pre_padding", Ints{1, 1}},
         {"post_padding", Ints{1, 1}},
         {"dilation", Ints{1, 1}}},
        "y");
    p.in.resize(2), p.out.resize(1);
    p.in[0].layout = p.out[0].layout = ir::Layout::kChannelsLast;
    p.in[0].shape = {1, kChannels, kSide, kSide}, p.out[0].shape = {1, kKernels, kSide, kSide};
    p.in[1].shape = {kKernels, kChannels, 3, 3}, p.in[1].is_constant = true;
    w.resize(kKernels * kChannels * 9), x.resize(kSide * kSide * kChannels);
    std::mt19937 rng(1);
    for (std::vector<float>* v : {&w, &x})
      for (float& f : *v) f = static_cast<float>(rng() % 20001) / 10000.0f - 1.0f;
  }
  float& pixel(int64_t y, int64_t z, int64_t c) { return x[(y * kSide + z) * kChannels + c]; }
  float& tap(int64_t k, int64_t c, int64_t t) { return w[(k * kChannels + c) * 9 + t]; }
  void scale_pixel(int64_t y, int64_t z, float by) {
    for (int64_t c = 0; c < kChannels; ++c) pixel(y, z, c) *= by;
  }

  std::vector<float> run() {
    const ir::ConstantPtr dense = ir::make_constant(DataType::kFLOAT, p.in[1].shape, w.data());
    const ir::ConstantPtr packed = impl.pack(p, {nullptr, dense})[1];
    const auto weights = packed->materialise();
    p.in[1].format = packed->format, p.in[1].constant_bytes = packed->bytes;
    EXPECT_TRUE(kernels::can_run(impl, p));
    std::vector<float> y(kSide * kSide * kKernels);
    const auto kernel = impl.prepare(p);
    const auto scratch = make_buffer(kernel->scratch_bytes);
    const void* in[] = {x.data(), weights.get()};
    void* out[] = {y.data()};
    kernel->run({in, out, scratch.get()});
    return y;
  }

  // Each output against the sum in f64, whose error must be small for the lengths of what it is
  // made of, its own pixels and weights: nothing else may show.
  void check() {
    const std::vector<float> got = run();
    for (int64_t i = 0; i < kSide * kSide; ++i)
      for (int64_t k = 0; k < kKernels; ++k) check(i / kSide, i % kSide, k, got[i * kKernels + k]);
  }
  void check(int64_t y, int64_t z, int64_t k, float got) {
    double sum = 0, pixels = 0, weights = 0;
    for (int64_t t = 0; t < 9; ++t) {
      const int64_t v = y + t / 3 - 1, u = z + t % 3 - 1;
      for (int64_t c = 0; c < kChannels; ++c) {
        if (std::isfinite(tap(k, c, t))) weights += double{tap(k, c, t)} * tap(k, c, t);
        if (v < 0 || v >= kSide || u < 0 || u >= kSide) continue;
        sum += double{pixel(v, u, c)} * tap(k, c, t);
        pixels += double{pixel(v, u, c)} * pixel(v, u, c);
      }
    }
    if (std::isnan(sum)) {
      ASSERT_TRUE(std::isnan(got)) << y << ", " << z << ", kernel " << k << ": " << got;
    } else if (std::isinf(sum)) {
      ASSERT_EQ(got, static_cast<float>(sum)) << y << ", " << z << ", kernel " << k;
    } else {
      ASSERT_NEAR(got, sum, 1e-6 * std::sqrt(pixels * weights) + 1e-40)
          << y << ", " << z << ", kernel " << k;
    }
  }

  const kernels::KernelImpl& impl;
  ir::Graph g;
  kernels::Problem p;
  std::vector<float> w, x;
};

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(WinogradValues, PixelsOfAnyMagnitude) {
  Layer layer;
  layer.scale_pixel(2, 3, 1e6f), layer.scale_pixel(2, 9, 1e30f), layer.scale_pixel(9, 0, 1e-30f);
  layer.scale_pixel(11, 11, 0.0f), layer.scale_pixel(6, 6, 1e-42f);
  layer.pixel(7, 2, 5) = kInfinity, layer.pixel(10, 8, 19) = NAN;
  ASSERT_NO_FATAL_FAILURE(layer.check());
}

TEST(WinogradValues, LitPixelsInTheDark) {
  Layer layer;
  for (int64_t i = 0; i < layer.kSide * layer.kSide; ++i)
    if (i % 7 != 0) layer.scale_pixel(i / layer.kSide, i % layer.kSide, i % 5 == 0 ? 1e-5f : 0);
  ASSERT_NO_FATAL_FAILURE(layer.check());
}

// Panels of 64 kernels: one with nothing special, one out of range, one of few kernels.
TEST(WinogradValues, WeightsOfAnyMagnitude) {
  Layer layer;
  layer.tap(70, 3, 4) = 1e30f, layer.tap(80, 0, 0) = kInfinity, layer.tap(81, 0, 8) = NAN;
  layer.tap(10, 2, 2) = 1e9f, layer.tap(11, 0, 7) = 1e-42f;
  for (int64_t c = 0; c < layer.kChannels; ++c) layer.tap(129, c, c % 9) *= 1e14f;
  layer.pixel(7, 2, 5) = 0, layer.pixel(3, 3, 3) = 1e-3f;
  ASSERT_NO_FATAL_FAILURE(layer.check());
}

}  // namespace
}  // namespace tenon::test
