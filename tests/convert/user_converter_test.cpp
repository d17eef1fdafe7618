// SPDX-License-Identifier: Apache-2.0
// Converters written by users: they override, refuse, fail and see the network as built-in ones.
#include "convert/user_converter.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "ir/text.h"

namespace tenon::convert {
namespace {

/// Registered as long as it lives.
class Registered {
 public:
  explicit Registered(UserConverter c) : id_(add_user_converter(std::move(c))) {}
  ~Registered() { remove_user_converter(id_); }

 private:
  int id_;
};

ir::Graph graph_of(const std::string& op, const std::string& size = "2") {
  const std::string type = "f32[" + size + ", 3]";
  const std::string symbol = size == "2" ? "" : "  symbol " + size + " [1, 2, 4]\n";
  return ir::parse("graph {\n" + symbol + "  input %x : " + type + "\n  %y : " + type + " = " + op +
                   "(%x) {self=$0}\n  return %y\n}");
}

std::string converted(const ir::Graph& g) {
  std::vector<const ir::Node*> nodes;
  for (const auto& n : g.nodes()) nodes.push_back(n.get());
  const ir::Graph net =
      convert_segment(g, nodes, {g.inputs()[0].get()}, {g.outputs.begin(), g.outputs.end()});
  return ir::print(net);
}

void doubled(Ctx& c, const ir::Node& n) {
  INetworkDefinition& net = network(c);
  ITensor* x = tensor_of(c, c.tensor(n, "self"));
  auto* sum = net.addElementWise(*x, *x, ElementWiseOperation::kSUM);
  EXPECT_EQ(sum->getOutput(0)->getDimensions().nbDims, 2);
  bind_outputs(c, n, {sum->getOutput(0)});
}

const char kRelu[] = "aten::relu";

TEST(UserConverter, OverridesTheBuiltInOne) {
  const ir::Graph g = graph_of(kRelu);
  EXPECT_NE(converted(g).find("activation"), std::string::npos);
  const Registered user({"aten::relu", "test", 0, true, {}, doubled});
  EXPECT_EQ(converted(g).find("activation"), std::string::npos);
  EXPECT_NE(converted(g).find("elementwise"), std::string::npos);
}

TEST(UserConverter, GivesAnOpThatHasNone) {
  const ir::Graph g = graph_of("mylib::twice");
  const ir::Node& n = *g.nodes().front();
  EXPECT_EQ(supports(n).reason(), "no converter for mylib::twice");
  const Registered user({"mylib::twice", "test", 0, true, {}, doubled});
  EXPECT_TRUE(supports(n));
  EXPECT_NE(converted(g).find("elementwise"), std::string::npos);
}

TEST(UserConverter, HigherPriorityThenLaterComesFirst) {
  const ir::Graph g = graph_of(kRelu);
  const auto with = [](const char* origin, int priority) {
    return UserConverter{"aten::relu", origin, priority, true, {}, doubled};
  };
  const Registered a(with("a", 0)), b(with("b", 1)), c(with("c", 0));
  const std::vector<std::string> want = {"aten::relu (b)", "aten::relu (c)", "aten::relu (a)"};
  EXPECT_EQ(user_converters(), want);
  EXPECT_EQ(find_user_converter(*g.nodes().front())->origin, "b");
}

TEST(UserConverter, AValidatorThatRefusesLeavesTheBuiltInOne) {
  const auto refuse = [](const ir::Node&) { return Support::no("too small"); };
  const Registered relu({"aten::relu", "test", 0, true, refuse, doubled});
  EXPECT_NE(converted(graph_of(kRelu)).find("activation"), std::string::npos);
  const Registered own({"mylib::twice", "mine.py:3", 0, true, refuse, doubled});
  const ir::Graph g = graph_of("mylib::twice");
  EXPECT_EQ(supports(*g.nodes().front()).reason(),
            "the converter of mine.py:3 says no: too small; no converter for mylib::twice");
}

TEST(UserConverter, RunTimeSizesNeedTheFlag) {
  const ir::Graph g = graph_of(kRelu, "n");
  const Registered user({"aten::relu", "test", 0, false, {}, doubled});
  EXPECT_EQ(find_user_converter(*g.nodes().front()), nullptr);
}

TEST(UserConverter, MistakesAreErrorsThatNameIt) {
  const ir::Graph g = graph_of(kRelu);
  const auto message = [&](std::function<void(Ctx&, const ir::Node&)> convert) -> std::string {
    const Registered user({"aten::relu", "mine.py:3", 0, true, {}, std::move(convert)});
    try {
      converted(g);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  const auto contains = [](const std::string& text, const char* part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  contains(message([](Ctx&, const ir::Node&) { throw std::runtime_error("oops"); }),
           "the converter of mine.py:3 failed: oops");
  contains(message([](Ctx&, const ir::Node&) {}), "returned no result");
  contains(message([](Ctx& c, const ir::Node& n) {
             ITensor* x = tensor_of(c, c.tensor(n, "self"));
             bind_outputs(c, n, {network(c).addCast(*x, DataType::kINT32)->getOutput(0)});
           }),
           "the result would be i32[2, 3], the program says f32[2, 3]");
  contains(message([](Ctx& c, const ir::Node& n) {
             network(c).markOutput(*tensor_of(c, c.tensor(n, "self")));
           }),
           "markOutput: the inputs and outputs of a network that is being converted");
}

TEST(UserConverter, WeightsMayDieBeforeTheBuild) {
  const Registered user({"aten::relu", "test", 0, true, {}, [](Ctx& c, const ir::Node& n) {
                           std::vector<float> three(6, 3.f);
                           const Dims dims{2, {2, 3}};
                           const Weights w{DataType::kFLOAT, three.data(), 6};
                           auto* constant = network(c).addConstant(dims, w);
                           ITensor* x = tensor_of(c, c.tensor(n, "self"));
                           auto* sum = network(c).addElementWise(*x, *constant->getOutput(0),
                                                                 ElementWiseOperation::kSUM);
                           bind_outputs(c, n, {sum->getOutput(0)});
                           std::fill(three.begin(), three.end(), 0.f);
                         }});
  const ir::Graph g = graph_of(kRelu);
  std::vector<const ir::Node*> nodes = {g.nodes().front().get()};
  const ir::Graph net = convert_segment(g, nodes, {g.inputs()[0].get()}, {g.outputs[0]});
  for (const auto& node : net.nodes()) {
    if (!node->is_constant()) continue;
    const auto data = node->get<ir::ConstantPtr>("data")->materialise();
    EXPECT_EQ(static_cast<const float*>(data.get())[5], 3.f);
    return;
  }
  FAIL() << "no constant in " << ir::print(net);
}

TEST(UserConverter, ItsLayersAreAskedAboutAndNobodyElses) {
  const Registered user({"aten::relu", "mine.py:3", 0, true, {}, doubled});
  const ir::Graph g = graph_of(kRelu);
  std::vector<std::string> asked;
  const NodeCheck check = [&](const ir::Node& n, const ir::SymRanges&) {
    asked.push_back(n.op);
    return Support::no("no kernel for " + n.op);
  };
  const ir::Node* failed = nullptr;
  try {
    convert_segment(g, {g.nodes().front().get()}, {g.inputs()[0].get()}, {g.outputs[0]}, &failed,
                    nullptr, check);
    FAIL() << "converted";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("no kernel for elementwise"), std::string::npos);
  }
  EXPECT_EQ(failed, g.nodes().front().get());
  EXPECT_EQ(asked, std::vector<std::string>{"elementwise"});
}

}  // namespace
}  // namespace tenon::convert
