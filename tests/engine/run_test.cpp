// SPDX-License-Identifier: Apache-2.0
// Engines at run time: shapes, programs, contexts, threads, profile.
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/counting_kernel.h"
#include "engine/engine_case.h"
#include "tenon/builder.h"

namespace tenon {
namespace {

using test::error_of;
using test::Floats;
using test::prepared_kernels;
using test::Shape;

const char* const kDynamic = R"(graph {
  symbol n [1, 4, 64]
  input %x : f32[n, 3]
  %y : f32[n, 3] = unary(%x) {operation="atanh"}
  return %y
})";

TEST(Run, CallsInTheWrongOrder) {
  const auto engine = test::build(kDynamic);
  const auto context = engine->create_context();
  EXPECT_EQ(error_of([&] { context->enqueue(nullptr, nullptr); }),
            "set_input_shapes must be called before enqueue");
  EXPECT_EQ(error_of([&] { context->output_shapes(); }),
            "set_input_shapes must be called before output_shapes");
}

TEST(Run, AnErrorLeavesTheContextWorking) {
  const auto engine = test::build(kDynamic);
  const auto context = engine->create_context();
  const Floats x = {0, 0.5, -0.5};
  const auto first = test::run(*engine, *context, {{1, 3}}, {x});
  EXPECT_EQ(error_of([&] { test::set_shapes(*context, {{65, 3}}); }),
            "input 'x' dimension 0 is 65, wanted 1..64");
  EXPECT_EQ(error_of([&] { test::set_shapes(*context, {{1, 4}}); }),
            "input 'x' dimension 1 is 4, wanted 3");
  EXPECT_EQ(context->output_shapes()[0], (Shape{1, 3}));
  EXPECT_EQ(test::run(*engine, *context, {{1, 3}}, {x}), first);
}

TEST(Run, InferShapes) {
  const auto engine = test::build(kDynamic);
  EXPECT_EQ(engine->infer_shapes({{7, 3}}), (std::vector<Shape>{{7, 3}}));
  EXPECT_EQ(error_of([&] { engine->infer_shapes({}); }), "the engine has 1 inputs, 0 were given");
  EXPECT_EQ(error_of([&] { engine->infer_shapes({{7}}); }), "input 'x' has 1 dimensions, wanted 2");
  EXPECT_EQ(error_of([&] { engine->infer_shapes({{0, 3}}); }),
            "input 'x' dimension 0 is 0, wanted 1..64");
}

TEST(Run, UnchangedShapesPrepareNothing) {
  const auto engine = test::build(kDynamic);
  const auto context = engine->create_context();
  const int before = prepared_kernels();
  for (int i = 0; i < 5; ++i) test::set_shapes(*context, {{3, 3}});
  EXPECT_EQ(prepared_kernels() - before, 1);
  test::set_shapes(*engine->create_context(), {{3, 3}});
  EXPECT_EQ(prepared_kernels() - before, 1) << "contexts share programs";
}

TEST(Run, ProgramCacheIsBounded) {
  const auto engine = test::build(kDynamic);
  const auto context = engine->create_context();
  const int before = prepared_kernels();
  for (int64_t n = 1; n <= 17; ++n) test::set_shapes(*context, {{n, 3}});
  EXPECT_EQ(prepared_kernels() - before, 17);
  for (int64_t n = 17; n >= 2; --n) test::set_shapes(*context, {{n, 3}});
  EXPECT_EQ(prepared_kernels() - before, 17) << "the last 16 are kept";
  test::set_shapes(*context, {{1, 3}});
  EXPECT_EQ(prepared_kernels() - before, 18) << "the oldest was dropped";
}

TEST(Run, ProfileHasOneEntryPerLayer) {
  const auto engine = test::build(R"(graph {
    input %x : f32[2, 6]
    %a : f32[2, 6] = softmax(%x)
    %v : f32[12] = shuffle(%a) {has_reshape=true reshape_dims=[<12>]}
    %b : f32[12] = softmax(%v)
    %y : f32[12] = cumsum(%b)
    return %y
  })");
  const auto context = engine->create_context();
  context->set_profiling(true);
  const auto profiled = test::run(*engine, *context, {{2, 6}}, {Floats(12, 1)});
  std::vector<std::string> names;
  double last = 0;
  for (const LayerTime& t : context->last_profile()) {
    names.push_back(t.name);
    EXPECT_GE(t.start_us, last);
    EXPECT_GE(t.duration_us, 0);
    last = t.start_us;
  }
  std::vector<std::string> layers;
  const auto info = nlohmann::json::parse(engine->layer_info());
  for (const auto& layer : info["Layers"]) layers.push_back(layer["Name"]);
  EXPECT_EQ(names, layers);
  EXPECT_EQ(names.size(), 3u) << "a view is no layer";
  context->set_profiling(false);
  EXPECT_EQ(test::run(*engine, *context, {{2, 6}}, {Floats(12, 1)}), profiled);
}

TEST(Run, LayerInfoTellsMemoryAtOptSizes) {
  const auto engine = test::build(R"(graph {
    symbol n [1, 4, 8]
    input %x : f32[n, 16]
    %w : f32[1, 16] = constant() {data=f32[1, 16]{1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0,
      10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0}}
    %a : f32[n, 16] = softmax(%x)
    %b : f32[n, 16] = elementwise(%a, %w) {operation="prod"}
    %y : f32[n, 16] = softmax(%b)
    return %y
  })");
  const auto memory = nlohmann::json::parse(engine->layer_info())["Memory"];
  EXPECT_EQ(memory["arena_bytes"].get<int>(), 4 * 16 * 4)
      << "%b takes the place of %a; %x and %y are bound";
  EXPECT_EQ(memory["weights_bytes"].get<int>(), 16 * 4);
}

TEST(Run, EngineWithoutInputsAndLayers) {
  const auto engine = test::build("graph {\n input %x : f32[]\n return %x\n}");
  const auto context = engine->create_context();
  EXPECT_EQ(test::run(*engine, *context, {{}}, {{3}}), (std::vector<Floats>{{3}}));
  const auto fill =
      test::build("graph {\n %y : f32[2] = fill() {dims=[<2>] value=4.0}\n return %y\n}");
  EXPECT_EQ(test::run(*fill, *fill->create_context(), {}, {}), (std::vector<Floats>{{4, 4}}));
}

TEST(Run, EmptyTensors) {
  const auto engine = test::build(R"(graph {
    symbol n [0, 4, 8]
    input %x : f32[n, 3]
    %a : f32[n, 3] = softmax(%x)
    %y : f32[n, 3] = elementwise(%a, %x)
    return %y
  })");
  const auto context = engine->create_context();
  EXPECT_EQ(test::run(*engine, *context, {{0, 3}}, {{}})[0], Floats());
  EXPECT_EQ(test::run(*engine, *context, {{1, 3}}, {{0, 0, 0}})[0].size(), 3u);
}

TEST(Run, SizesThatLeaveALayerNoRoom) {
  const auto engine = test::build(R"(graph {
    symbol n [1, 8, 16]
    input %x : f32[1, 1, n]
    %a : f32[1, 1, n - 3] = pooling(%x) {window=[4]}
    %y : f32[1, 1, 2] = slice(%a) {start=[<0>, <0>, <n - 5>] size=[<1>, <1>, <2>]}
    return %y
  })");
  const auto context = engine->create_context();
  for (int64_t n : {1, 3, 4}) {
    const std::string error = error_of([&] { test::set_shapes(*context, {{1, 1, n}}); });
    EXPECT_NE(error, "no error") << n;
    EXPECT_EQ(error.find("internal"), std::string::npos) << error;
  }
  EXPECT_NE(
      error_of([&] { test::set_shapes(*context, {{1, 1, 4}}); }).find("while preparing %y slice"),
      std::string::npos);
  Floats x(8);
  for (size_t i = 0; i < 8; ++i) x[i] = static_cast<float>(i);
  EXPECT_EQ(test::run(*engine, *context, {{1, 1, 8}}, {x})[0], (Floats{6, 7}));
}

TEST(Run, ManyThreadsGiveTheSameBits) {
  const auto engine = test::build(R"(graph {
    symbol n [1, 4, 9]
    input %x : f32[n, 8, 12]
    %s : f32[8] = constant() {data=f32[8]{1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0}}
    %a : f32[n, 8, 12] = softmax(%x)
    %t : f32[n, 12, 8] = shuffle(%a) {first_transpose=[0, 2, 1]}
    %b : f32[n, 12, 8] = elementwise(%t, %s) {operation="prod"}
    %c : f32[n, 12, 12] = matrix_multiply(%b, %a)
    %y : f32[n, 12] = reduce(%c) {axes=[2]}
    return %y
  })");
  test::Random random(test::first_seed());
  std::vector<Floats> x, want;
  for (int64_t n = 1; n <= 9; ++n) {
    x.push_back(test::random_floats(random, static_cast<size_t>(n * 96)));
    want.push_back(test::run(*engine, *engine->create_context(), {{n, 8, 12}}, {x.back()})[0]);
  }
  std::atomic<int> different{0};
  std::vector<std::thread> threads;
  for (int k = 0; k < 8; ++k)
    threads.emplace_back([&, k] {
      const auto context = engine->create_context();
      for (int round = 0; round < 30; ++round) {
        const size_t i = static_cast<size_t>(round * 5 + k) % 9;
        const auto y =
            test::run(*engine, *context, {{static_cast<int64_t>(i) + 1, 8, 12}}, {x[i]})[0];
        if (std::memcmp(y.data(), want[i].data(), y.size() * 4) != 0) ++different;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(different, 0);
}

TEST(Run, NamesMayBeAnyBytes) {
  const auto builder = createBuilder();
  const auto network = builder->createNetworkV2();
  const auto config = builder->createBuilderConfig();
  config->setTimingCachePath("none");
  ITensor* x = network->addInput("x\xff \"quoted\"", DataType::kFLOAT, {1, {4}});
  auto* relu = network->addActivation(*x, ActivationType::kRELU);
  relu->getOutput(0)->setName("y\xfe");
  network->markOutput(*relu->getOutput(0));
  const auto engine = Engine::load(builder->buildSerializedNetwork(*network, *config)->bytes());
  EXPECT_EQ(engine->inputs()[0].name, "x\xff \"quoted\"");
  EXPECT_EQ(engine->outputs()[0].name, "y\xfe");
  EXPECT_TRUE(nlohmann::json::accept(engine->layer_info()));
}

}  // namespace
}  // namespace tenon
