// SPDX-License-Identifier: Apache-2.0
#include "ir/pass.h"

#include <gtest/gtest.h>

#include "ir/text.h"

namespace tenon::ir {
namespace {

Graph chain() {
  return parse(R"(graph {
    symbol s0 [1, 2, 4]
    input %x : f32[s0]
    %a : f32[s0] = relu(%x)
    %b : f32[s0] = relu(%a) {r=$0}
    return %b "y"
  })");
}

std::string error_of(const Graph& g) {
  try {
    verify(g);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

Node* last(Graph& g) { return g.nodes().back().get(); }

TEST(Verify, AcceptsAGoodGraph) { EXPECT_EQ(error_of(chain()), ""); }

TEST(Verify, UseBeforeDefinition) {
  Graph g = chain();
  g.move_before(last(g), g.nodes().front().get());
  EXPECT_EQ(error_of(g), "invalid graph: input 0 of %b relu is not defined before it");
}

TEST(Verify, ValuesOfOtherGraphs) {
  Graph g = chain(), other = chain();
  last(g)->inputs[0] = other.inputs()[0].get();
  EXPECT_EQ(error_of(g), "invalid graph: input 0 of %b relu is not defined before it");
  Graph h = chain();
  h.outputs[0] = other.outputs[0];
  EXPECT_EQ(error_of(h), "invalid graph: output 0 is not a value of this graph");
}

TEST(Verify, Names) {
  Graph g = chain();
  last(g)->output()->name = "a";
  EXPECT_EQ(error_of(g), "invalid graph: two values are named %a");
  last(g)->output()->name = "";
  EXPECT_EQ(error_of(g), "invalid graph: a value has no name");
}

TEST(Verify, References) {
  Graph g = chain();
  last(g)->set("r", std::vector<Ref>{{0}, {1}});
  EXPECT_EQ(error_of(g), "invalid graph: %b relu: attribute 'r' refers to input 1 of 1");
}

TEST(Verify, Symbols) {
  Graph g = chain();
  last(g)->set("n", std::vector<SymDim>{SymDim::symbol("s9")});
  EXPECT_EQ(error_of(g), "invalid graph: attribute 'n' of %b relu uses the unknown symbol s9");
  last(g)->erase_attr("n");
  last(g)->output()->type.shape[0] = SymDim::symbol("s8");
  EXPECT_EQ(error_of(g), "invalid graph: the shape of %b uses the unknown symbol s8");
  Graph h = chain();
  h.symbols["s0"].max = 1;
  EXPECT_NE(error_of(h), "");
}

TEST(Verify, Outputs) {
  Graph g = chain();
  g.output_names.push_back("z");
  EXPECT_EQ(error_of(g), "invalid graph: 2 output names for 1 outputs");
  g.output_names.clear();
  g.outputs[0] = nullptr;
  EXPECT_EQ(error_of(g), "invalid graph: output 0 is null");
}

TEST(Verify, Constants) {
  Graph g = chain();
  const float data[2] = {1, 2};
  Value* c = g.add_constant(make_constant(DataType::kFLOAT, {2}, data), "c");
  EXPECT_EQ(error_of(g), "");
  c->type.shape = {3};
  EXPECT_EQ(error_of(g),
            "invalid graph: %c constant is declared as f32[3] but its data has the shape [2]");
  c->type.shape = {2};
  c->type.dtype = DataType::kINT32;
  EXPECT_EQ(error_of(g), "invalid graph: %c constant is declared as i32[2] but holds f32");
  c->producer()->erase_attr("data");
  EXPECT_EQ(error_of(g), "invalid graph: %c constant has no data");
}

TEST(RunPasses, TimesChecksAndDumpsInOrder) {
  Graph g = chain();
  std::vector<std::string> dumps;
  int checks = 0;
  PassRunOptions options;
  options.dump = [&](const std::string& name, const std::string& text) {
    dumps.push_back(name);
    EXPECT_EQ(text, print(g));
  };
  options.check = [&](const Graph&) { ++checks; };
  const auto times = run_passes(g,
                                {{"nothing", [](Graph&) { return false; }},
                                 {"rename",
                                  [](Graph& h) {
                                    last(h)->op = "tanh";
                                    return true;
                                  }}},
                                options);
  ASSERT_EQ(times.size(), 2u);
  EXPECT_EQ(times[0].name, "nothing");
  EXPECT_FALSE(times[0].changed);
  EXPECT_TRUE(times[1].changed);
  EXPECT_GE(times[1].milliseconds, 0.0);
  EXPECT_EQ(dumps, std::vector<std::string>{"rename"});
  EXPECT_EQ(checks, 2);
}

TEST(RunPasses, ErrorsNameThePass) {
  Graph g = chain();
  auto run = [&](std::function<bool(Graph&)> body) -> std::string {
    try {
      run_passes(g, {{"breaker", std::move(body)}});
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(run([](Graph&) -> bool { throw Error("boom"); }), "boom\n  in pass 'breaker'");
  EXPECT_EQ(run([](Graph& h) {
              h.outputs[0] = nullptr;
              return true;
            }),
            "invalid graph: output 0 is null\n  after pass 'breaker'");
}

}  // namespace
}  // namespace tenon::ir
