// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "frontends/json_program.h"
#include "ir/pass.h"

namespace tenon::frontends {
namespace {

using test::arg;
using test::json;
using test::JsonProgram;
using test::number;
using test::t;

const ir::Node& node_named(const ir::Program& p, const std::string& name) {
  for (const auto& n : p.graph.nodes()) {
    if (n->origin.node == name) return *n;
  }
  throw Error("no node " + name);
}

/// x is an input, a = f(x) is new memory.
JsonProgram start() {
  JsonProgram p;
  p.input("x").node("aten.sin.default", {"a"}, {t("self", "x")});
  return p;
}

void expect_rewritten(const JsonProgram& p, const std::string& node, const std::string& op,
                      const std::string& target) {
  const ir::Program program = p.import();
  ir::verify(program.graph);
  EXPECT_EQ(node_named(program, node).op, op);
  ASSERT_EQ(program.in_place.size(), 1u);
  EXPECT_EQ(program.in_place[0].node, node);
  EXPECT_EQ(program.in_place[0].target, target);
  EXPECT_TRUE(program.pinned.empty());
}

void expect_pinned(const JsonProgram& p, const std::vector<std::string>& names,
                   const std::string& reason) {
  const ir::Program program = p.import();
  EXPECT_TRUE(program.in_place.empty());
  EXPECT_EQ(program.pinned.size(), names.size());
  for (const auto& name : names) {
    ASSERT_TRUE(program.pinned.count(name)) << name;
    EXPECT_NE(program.pinned.at(name).find(reason), std::string::npos) << program.pinned.at(name);
  }
}

TEST(Functionalise, ResidualSumAndActivation) {
  JsonProgram p = start();
  p.node("aten.add_.Tensor", {"add_"}, {t("self", "a"), t("other", "x")});
  p.node("aten.relu_.default", {"relu_"}, {t("self", "add_")}).output("relu_");
  const ir::Program program = p.import();
  EXPECT_EQ(node_named(program, "add_").op, "aten::add.Tensor");
  EXPECT_EQ(node_named(program, "relu_").op, "aten::relu");
  EXPECT_EQ(program.in_place.size(), 2u);
  EXPECT_TRUE(program.pinned.empty());
}

TEST(Functionalise, LaterUsesOfTheTargetMeanTheResult) {
  JsonProgram p = start();
  p.node("aten.cos.default", {"before"}, {t("self", "a")});
  p.node("aten.relu_.default", {"r"}, {t("self", "a")});
  p.node("aten.mul_.Tensor", {"m"}, {t("self", "a"), arg("other", number(2))});
  p.node("aten.cos.default", {"after"}, {t("self", "a")});
  p.output("a").output("before").output("after");
  const ir::Program program = p.import();
  ir::verify(program.graph);
  EXPECT_EQ(node_named(program, "before").inputs[0]->name, "a");
  EXPECT_EQ(node_named(program, "m").inputs[0]->name, "r");
  EXPECT_EQ(node_named(program, "after").inputs[0]->name, "m");
  EXPECT_EQ(program.outputs, (std::vector<std::string>{"m", "before", "after"}));
  ASSERT_EQ(program.in_place.size(), 2u);
  EXPECT_EQ(program.in_place[1].target, "r");
}

TEST(Functionalise, AViewOfDeadMemoryIsRewritten) {
  JsonProgram p = start();
  p.node("aten.view.default", {"v"}, {t("self", "a")});
  p.node("aten.relu_.default", {"r"}, {t("self", "v")}).output("r");
  expect_rewritten(p, "r", "aten::relu", "v");
}

TEST(Functionalise, TwinsWithOtherSpellings) {
  JsonProgram pow = start();
  pow.node("aten.pow_.Scalar", {"r"}, {t("self", "a"), arg("exponent", number(2))}).output("r");
  expect_rewritten(pow, "r", "aten::pow.Tensor_Scalar", "a");
  JsonProgram drop = start();
  drop.node("aten.dropout_.default", {"r"}, {t("self", "a"), arg("train", {{"as_bool", false}})});
  drop.output("r");
  expect_rewritten(drop, "r", "aten::dropout", "a");
  EXPECT_TRUE(node_named(drop.import(), "r").has("input"));
  JsonProgram copy = start();
  copy.tensor("h", {4}, 6).node("aten.to.dtype", {"h"}, {t("self", "x")});
  copy.node("aten.copy_.default", {"r"}, {t("self", "a"), t("src", "h")}).output("r");
  expect_rewritten(copy, "r", "aten::copy", "a");
}

TEST(Functionalise, MemoryOfInputsAndParametersIsPinned) {
  JsonProgram p;
  p.input("x").node("aten.relu_.default", {"r"}, {t("self", "x")}).output("r");
  expect_pinned(p, {"x", "r"}, "written in place by r (aten::relu_): the memory is that of 'x'");
  JsonProgram q;
  q.stored("buffer", "b", "steps").node("aten.add_.Tensor", {"r"}, {t("self", "b")});
  expect_pinned(q, {"b", "r"}, "the memory is that of 'b'");
}

TEST(Functionalise, AViewOfAnInputIsPinnedWithEveryOtherView) {
  JsonProgram p;
  p.input("x").node("aten.select.int", {"v"}, {t("self", "x")});
  p.node("aten.mul_.Tensor", {"m"}, {t("self", "v"), arg("other", number(2))});
  p.node("aten.reshape.default", {"late"}, {t("self", "x")});
  p.node("aten.cos.default", {"free"}, {t("self", "late")}).output("free");
  expect_pinned(p, {"x", "v", "m", "late"}, "the memory is that of 'x'");
}

TEST(Functionalise, ALiveAliasPreventsTheRewrite) {
  const char* views[] = {"view",          "reshape",
                         "transpose.int", "permute",
                         "slice.Tensor",  "select.int",
                         "expand",        "squeeze.dim",
                         "unsqueeze",     "t",
                         "unbind.int",    "split.Tensor",
                         "chunk",         "flatten.using_ints",
                         "unflatten.int", "detach",
                         "alias",         "narrow",
                         "diagonal",      "movedim.int",
                         "to.dtype",      "contiguous",
                         "dropout"};
  for (const std::string view : views) {
    SCOPED_TRACE(view);
    JsonProgram p = start();
    const std::string target =
        "aten." + view + (view.find('.') == std::string::npos ? ".default" : "");
    p.node(target, {"v"}, {t("self", "a")});
    p.node("aten.relu_.default", {"r"}, {t("self", "a")});
    p.node("aten.cos.default", {"c"}, {t("self", "v")}).output("r").output("c");
    expect_pinned(p, {"a", "v", "r"}, "'v' may share the memory and is used later");
  }
}

TEST(Functionalise, AnAliasThatIsAnOutputIsAlive) {
  JsonProgram p = start();
  p.node("aten.view.default", {"v"}, {t("self", "a")});
  p.node("aten.relu_.default", {"r"}, {t("self", "v")}).output("r").output("a");
  expect_pinned(p, {"a", "v", "r"}, "'a' may share the memory");
}

TEST(Functionalise, TypePromotionPreventsTheRewrite) {
  JsonProgram p = start();
  p.tensor("d", {4}, 8).node("aten.to.dtype", {"d"}, {t("self", "x")});
  p.node("aten.add_.Tensor", {"r"}, {t("self", "a"), t("other", "d")}).output("r");
  expect_pinned(p, {"a", "r"}, "type promotion with 'd' (f64[4])");
  JsonProgram lower = start();
  lower.tensor("i", {4}, 5).node("aten.to.dtype", {"i"}, {t("self", "x")});
  lower.node("aten.add_.Tensor", {"r"}, {t("self", "a"), t("other", "i")}).output("r");
  expect_rewritten(lower, "r", "aten::add.Tensor", "a");
}

TEST(Functionalise, OpsWithoutAKnownTwinArePinned) {
  for (const char* op : {"aten.resize_.default", "aten.normal_.default", "aten.eq_.Scalar",
                         "aten.__iand__.Tensor", "my.write_.default"}) {
    SCOPED_TRACE(op);
    JsonProgram p = start();
    p.node(op, {"r"}, {t("self", "a")}).output("r");
    expect_pinned(p, {"a", "r"}, "it has no functional form that is known here");
  }
}

TEST(Functionalise, DunderOpsAreNotInPlace) {
  JsonProgram p = start();
  p.node("aten.__and__.Tensor", {"r"}, {t("self", "a"), t("other", "x")}).output("r");
  const ir::Program program = p.import();
  EXPECT_TRUE(program.in_place.empty());
  EXPECT_TRUE(program.pinned.empty());
}

TEST(Functionalise, OutArgumentsArePinned) {
  JsonProgram p = start();
  p.node("aten.view.default", {"v"}, {t("self", "a")});
  p.node("aten.add.out", {"r"}, {t("self", "x"), t("other", "x"), t("out", "a")}).output("r");
  expect_pinned(p, {"a", "v", "r"}, "written by r (aten::add.out)");
}

TEST(Functionalise, RunningStatisticsInTraining) {
  for (const bool training : {false, true}) {
    JsonProgram p = start();
    p.stored("buffer", "mean", "bn.running_mean");
    p.node("aten.batch_norm.default", {"r"},
           {t("input", "a"), t("running_mean", "mean"), arg("training", {{"as_bool", training}})});
    p.output("r");
    if (training)
      expect_pinned(p, {"mean"}, "written by r (aten::batch_norm)");
    else
      expect_pinned(p, {}, "");
  }
}

TEST(Functionalise, CustomOpsCalledForTheirEffect) {
  JsonProgram p = start();
  p.node("my.log.default", {}, {t("x", "a")}).output("a");
  expect_pinned(p, {"a"}, "written by node (my::log)");
}

}  // namespace
}  // namespace tenon::frontends
