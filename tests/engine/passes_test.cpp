// SPDX-License-Identifier: Apache-2.0
// Each pass on small graphs (golden/<pass>.txt), where the text leaves out default attributes, and
// whole random networks: the optimised engine computes what the plain one computes.
#include "engine/build/passes/passes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/engine_case.h"
#include "golden.h"
#include "net/layer.h"

namespace tenon::engine {
namespace {

using test::Floats;
using test::Random;
using test::Shape;

struct PassCase {
  const char* name;
  bool (*pass)(ir::Graph&);
};

class PassGolden : public testing::TestWithParam<PassCase> {};

TEST_P(PassGolden, BeforeAndAfter) {
  const PassCase& c = GetParam();
  test::run_golden(std::string("engine/golden/") + c.name + ".txt", [&](ir::Graph& g) {
    test::complete(g);
    net::check_net(g);
    c.pass(g);
    ir::verify(g);
    net::check_net(g);
    EXPECT_FALSE(c.pass(g)) << "a second run finds nothing to do";
    test::leave_out_defaults(g);
  });
}

INSTANTIATE_TEST_SUITE_P(
    All, PassGolden,
    testing::Values(
        PassCase{"simplify", passes::simplify}, PassCase{"fold_constants", passes::fold_constants},
        PassCase{"fold_masks", passes::fold_masks},
        PassCase{"matmul_to_linear", passes::matmul_to_linear},
        PassCase{"fold_scale", passes::fold_scale}, PassCase{"lower_scale", passes::lower_scale},
        PassCase{"absorb_attention_transposes", passes::absorb_attention_transposes},
        PassCase{"skip_expands", passes::skip_expands},
        PassCase{"fuse_epilogues", [](ir::Graph& g) { return passes::fuse_epilogues(g); }},
        PassCase{"fuse_pool_relu", passes::fuse_pool_relu},
        PassCase{"fuse_norm_residual", passes::fuse_norm_residual},
        PassCase{"merge_qkv", passes::merge_qkv},
        PassCase{"prepare_images", passes::prepare_images},
        PassCase{"lower_precision",
                 [](ir::Graph& g) { return passes::lower_precision(g, {"float16"}); }},
        PassCase{"truncate_double", passes::truncate_double},
        PassCase{"group_pointwise", passes::group_pointwise},
        PassCase{"choose_layouts", [](ir::Graph& g) { return passes::choose_layouts(g); }}),
    [](const auto& info) { return std::string(info.param.name); });

/// Builds random networks layer by layer.
class RandomNet {
 public:
  explicit RandomNet(uint64_t seed) : random_(seed) {}

  /// Convolutions, scales, activations, residual sums, pooling.
  ir::Graph convolutional() {
    n_ = 1 + random_.in(0, 1);
    start({n_, random_.in(1, 5), random_.in(5, 9), random_.in(5, 9)});
    for (int64_t steps = random_.in(3, 9); steps > 0; --steps) {
      const ir::SymShape shape = x_->type.shape;
      switch (random_.in(0, 6)) {
        case 0:
        case 1:
          convolution(random_.one_in(3) ? 1 : 3);
          break;
        case 2:
          scale(1);
          break;
        case 3:
          activation();
          break;
        case 4:
          residual([&] { convolution(3, shape[1].value()); });
          break;
        case 5:
          broadcast_sum({1, shape[1].value(), 1, 1});
          break;
        default:
          if (shape[2].value() > 3 && shape[3].value() > 3)
            add("pooling", {x_},
                {{"window", Shape{2, 2}},
                 {"stride", Shape{2, 2}},
                 {"type", std::string(random_.one_in(2) ? "max" : "average")}});
      }
      also_output();
    }
    return finish();
  }

  /// Matrix products, biases, activations, norms, chains of arithmetic.
  ir::Graph mlp() {
    start({random_.in(1, 4), random_.in(2, 20)});
    for (int64_t steps = random_.in(3, 10); steps > 0; --steps) {
      const int64_t width = x_->type.shape.back().value();
      switch (random_.in(0, 6)) {
        case 0:
        case 1:
          product(random_.in(1, 40));
          break;
        case 2:
          activation();
          break;
        case 3:
          broadcast_sum({random_.one_in(2) ? width : 1});
          break;
        case 4:
          residual([&] { product(width); });
          break;
        case 5:
          norm();
          break;
        default:
          add("unary", {x_}, {{"operation", std::string(random_.one_in(2) ? "neg" : "abs")}});
      }
      also_output();
    }
    return finish();
  }

 private:
  /// Now and then a value inside is read by the caller, too.
  void also_output() {
    if (random_.one_in(4) && std::count(g_.outputs.begin(), g_.outputs.end(), x_) == 0)
      g_.outputs.push_back(x_);
  }
  void start(const Shape& shape) {
    ir::Type type;
    type.shape.assign(shape.begin(), shape.end());
    x_ = g_.add_input("x", type);
  }
  ir::Graph finish() {
    g_.outputs.erase(std::remove(g_.outputs.begin(), g_.outputs.end(), g_.inputs()[0].get()),
                     g_.outputs.end());
    activation();  // so that the last output is none of those
    g_.outputs.push_back(x_);
    return std::move(g_);
  }
  ir::Value* constant(const Shape& shape) {
    int64_t count = 1;
    for (int64_t d : shape) count *= d;
    return g_.add_constant(
        test::f32_constant(shape, test::random_floats(random_, static_cast<size_t>(count))),
        g_.unique_name("c"));
  }
  void add(const std::string& op, std::vector<ir::Value*> in,
           std::vector<std::pair<std::string, ir::Attr>> attrs = {}) {
    x_ = net::add_layer(g_, op, std::move(in), std::move(attrs), g_.unique_name("v"))->output();
  }
  void convolution(int64_t kernel, int64_t maps = 0) {
    const int64_t channels = x_->type.shape[1].value();
    const bool depthwise = maps == 0 && random_.one_in(4);
    if (maps == 0) maps = depthwise ? channels : random_.in(1, 40);
    const Shape pad = {kernel / 2, kernel / 2};
    ir::Value* bias = random_.one_in(2) ? constant({maps}) : nullptr;
    add("convolution",
        {x_, constant({maps, depthwise ? 1 : channels, kernel, kernel}), bias, nullptr},
        {{"pre_padding", pad},
         {"post_padding", pad},
         {"groups", depthwise ? channels : int64_t{1}}});
  }
  void product(int64_t width) {
    const int64_t k = x_->type.shape.back().value();
    if (random_.one_in(2)) return add("matrix_multiply", {x_, constant({k, width})});
    add("linear",
        {x_, constant({width, k}), random_.one_in(2) ? constant({width}) : nullptr, nullptr});
  }
  void scale(int64_t axis) {
    const int64_t c = x_->type.shape[static_cast<size_t>(axis)].value();
    add("scale", {x_, constant({c}), constant({c})}, {{"axis", axis}});
  }
  void activation() {
    static const char* const kTypes[] = {"relu",     "sigmoid", "tanh", "leaky_relu",
                                         "gelu_erf", "silu",    "clip"};
    add("activation", {x_},
        {{"type", std::string(kTypes[random_.in(0, 6)])}, {"alpha", 0.1}, {"beta", 0.9}});
  }
  template <typename Body>
  void residual(Body&& body) {
    ir::Value* before = x_;
    body();
    if (random_.one_in(2)) {
      add("elementwise", {before, x_});
    } else {
      add("elementwise", {x_, before});
    }
  }
  void broadcast_sum(const Shape& shape) { add("elementwise", {x_, constant(shape)}); }
  void norm() {
    const int64_t width = x_->type.shape.back().value();
    if (random_.one_in(2))
      add("elementwise", {x_, g_.inputs()[0]->type == x_->type ? g_.inputs()[0].get() : x_});
    add("normalization", {x_, constant({width}), constant({width}), nullptr});
  }

  Random random_;
  ir::Graph g_;
  ir::Value* x_ = nullptr;
  int64_t n_ = 1;
};

double relative_error(const Floats& a, const Floats& b) {
  double diff = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    diff += (a[i] - b[i]) * static_cast<double>(a[i] - b[i]);
    norm += a[i] * static_cast<double>(a[i]);
  }
  return std::sqrt(diff / std::max(norm, 1e-12));
}

void expect_same_numbers(ir::Graph g, uint64_t seed) {
  SCOPED_TRACE(test::seed_text(seed));
  ir::verify(g);
  net::check_net(g);
  const Shape shape = ir::eval(g.inputs()[0]->type.shape, {});
  int64_t count = 1;
  for (int64_t d : shape) count *= d;
  Random random(seed);
  const Floats x = test::random_floats(random, static_cast<size_t>(count));
  const auto plain = test::load(test::reference_plan(g));
  const auto fast = test::load(build_engine(std::move(g), test::quick_options(), nullptr).content);
  const auto want = test::run(*plain, *plain->create_context(), {shape}, {x});
  const auto seen = test::run(*fast, *fast->create_context(), {shape}, {x});
  ASSERT_EQ(seen.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    ASSERT_EQ(seen[i].size(), want[i].size());
    EXPECT_LT(relative_error(want[i], seen[i]), 1e-4) << "output " << i << "\n"
                                                      << fast->layer_info();
  }
}

TEST(Passes, RandomConvolutionalNetsKeepTheirNumbers) {
  for (uint64_t seed = test::first_seed(); seed < test::first_seed() + 40; ++seed)
    expect_same_numbers(RandomNet(seed).convolutional(), seed);
}

TEST(Passes, RandomMlpsKeepTheirNumbers) {
  for (uint64_t seed = test::first_seed(); seed < test::first_seed() + 60; ++seed)
    expect_same_numbers(RandomNet(seed).mlp(), seed);
}

}  // namespace
}  // namespace tenon::engine
