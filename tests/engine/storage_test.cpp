// SPDX-License-Identifier: Apache-2.0
// Which values share memory, and that engines with shared outputs give the right numbers.
#include "engine/run/storage.h"

#include <gtest/gtest.h>

#include "engine/engine_case.h"
#include "kernels/kernel.h"

namespace tenon::engine {
namespace {

using test::Floats;
using Where = Slot::Where;

/// The storage plan of a graph, with the reference kernel or the best candidate of each layer.
struct Planned {
  explicit Planned(const std::string& text, bool best = false) : graph(test::net_graph(text)) {
    for (const auto& node : graph.nodes()) {
      if (node->is_constant() || is_view(*node)) continue;
      problems.push_back(make_problem(*node, opt_sizes(graph), 1));
      const auto* impl = &kernels::reference_kernel(node->op);
      for (const auto* c : kernels::candidates(node->op))
        if (best && impl->priority() == 0 && c->supports(problems.back())) impl = c;
      steps.push_back({node.get(), impl});
    }
    plan = std::make_unique<StoragePlan>(graph, steps, problems);
  }
  uint32_t slot(const std::string& name) const { return plan->slot_of(value(name)); }
  Where where(const std::string& name) const { return plan->slots().at(slot(name)).where; }
  const ir::Value* value(const std::string& name) const {
    for (const auto& in : graph.inputs())
      if (in->name == name) return in.get();
    for (const auto& node : graph.nodes())
      for (const auto& out : node->outputs())
        if (out->name == name) return out.get();
    throw Error("no value " + name);
  }
  ir::Graph graph;
  std::vector<Step> steps;
  std::vector<kernels::Problem> problems;
  std::unique_ptr<StoragePlan> plan;
};

TEST(Storage, ViewsShareWithWhatTheyView) {
  const Planned p(R"(graph {
    input %x : f32[2, 6]
    %a : f32[2, 6] = softmax(%x)
    %b : f32[12] = shuffle(%a) {has_reshape=true reshape_dims=[<12>]}
    %c : f32[3, 4] = shuffle(%b) {has_reshape=true reshape_dims=[<3>, <4>]}
    %d : f32[4, 3] = shuffle(%c) {first_transpose=[1, 0]}
    %y : f32[4, 3] = softmax(%d)
    return %y
  })");
  EXPECT_EQ(p.slot("a"), p.slot("b"));
  EXPECT_EQ(p.slot("a"), p.slot("c"));
  EXPECT_NE(p.slot("c"), p.slot("d"));
  EXPECT_EQ(p.where("x"), Where::kInput);
  EXPECT_EQ(p.where("a"), Where::kArena);
  EXPECT_EQ(p.where("y"), Where::kOutput);
}

TEST(Storage, ViewKeepsItsStorageAlive) {
  // %v, a view of %a, is read in the last step: %a's memory must not be taken by %b or %c.
  const Planned p(R"(graph {
    input %x : f32[64]
    %a : f32[64] = softmax(%x)
    %v : f32[1, 64] = shuffle(%a) {has_reshape=true reshape_dims=[<1>, <64>]}
    %b : f32[64] = softmax(%x)
    %c : f32[64] = softmax(%b)
    %s : f32[1, 64] = softmax(%v)
    %y : f32[1, 64] = elementwise(%s, %c)
    return %y
  })");
  const auto slots = p.plan->slots();
  EXPECT_NE(slots.at(p.slot("a")).index, slots.at(p.slot("b")).index);
  EXPECT_NE(slots.at(p.slot("a")).index, slots.at(p.slot("c")).index);
}

TEST(Storage, PointwiseLayersWorkInPlaceWhereNobodyElseReads) {
  const Planned p(R"(graph {
    input %x : f32[64]
    %a : f32[64] = softmax(%x)
    %b : f32[64] = unary(%a)
    %c : f32[64] = unary(%b)
    %d : f32[64] = softmax(%c)
    %y : f32[64] = elementwise(%d, %b)
    return %y
  })",
                  true);
  EXPECT_EQ(p.slot("a"), p.slot("b")) << "exp may overwrite its only input";
  EXPECT_NE(p.slot("b"), p.slot("c")) << "%b is read again later";
}

TEST(Storage, TheSameValueTwiceIsNotOverwritten) {
  const Planned p(R"(graph {
    input %x : f32[64]
    %a : f32[64] = softmax(%x)
    %b : f32[64] = elementwise(%a, %a)
    %y : f32[64] = softmax(%b)
    return %y
  })",
                  true);
  EXPECT_NE(p.slot("a"), p.slot("b"));
}

TEST(Storage, SharedOutputsAreNamed) {
  const ir::Graph g = test::net_graph(R"(graph {
    input %x : f32[4]
    %c : f32[4] = constant() {data=f32[4]{1.0, 2.0, 3.0, 4.0}}
    %a : f32[4] = unary(%x)
    %v : f32[2, 2] = shuffle(%a) {has_reshape=true reshape_dims=[<2>, <2>]}
    return %x, %c, %a, %v, %a
  })");
  EXPECT_EQ(shared_outputs(g), (std::vector<size_t>{0, 1, 3, 4}));
}

TEST(Storage, OutputsThatAreInputsConstantsOrDuplicates) {
  const auto engine = test::build(R"(graph {
    input %x : f32[4]
    %c : f32[4] = constant() {data=f32[4]{1.0, 2.0, 3.0, 4.0}}
    %a : f32[4] = elementwise(%x, %c)
    %v : f32[2, 2] = shuffle(%a) {has_reshape=true reshape_dims=[<2>, <2>]}
    %w : f32[2, 2] = shuffle(%x) {has_reshape=true reshape_dims=[<2>, <2>]}
    return %x, %c, %a, %v, %a, %w
  })");
  const auto context = engine->create_context();
  const Floats x = {10, 20, 30, 40}, sum = {11, 22, 33, 44};
  const auto out = test::run(*engine, *context, {{4}}, {x});
  ASSERT_EQ(out.size(), 6u);
  EXPECT_EQ(out[0], x);
  EXPECT_EQ(out[1], (Floats{1, 2, 3, 4}));
  EXPECT_EQ(out[2], sum);
  EXPECT_EQ(out[3], sum);
  EXPECT_EQ(out[4], sum);
  EXPECT_EQ(out[5], x);
  EXPECT_EQ(context->output_shapes()[3], (test::Shape{2, 2}));
  std::vector<std::string> names;
  for (const auto& b : engine->outputs()) names.push_back(b.name);
  EXPECT_EQ(names, (std::vector<std::string>{"x", "c", "a", "v", "a", "w"}));
}

}  // namespace
}  // namespace tenon::engine
