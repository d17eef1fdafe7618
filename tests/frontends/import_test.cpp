// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "frontends/export/export.h"
#include "frontends/json_program.h"
#include "ir/pass.h"

namespace tenon::frontends {
namespace {

using ir::Kind;
using test::arg;
using test::json;
using test::JsonProgram;
using test::number;
using test::symbol;
using test::t;

const ir::Node& node_at(const ir::Program& p, size_t i) {
  return **std::next(p.graph.nodes().begin(), static_cast<std::ptrdiff_t>(i));
}

TEST(Import, NamesOfOps) {
  JsonProgram p;
  p.input("x");
  p.node("aten.conv2d.default", {"a"}, {t("input", "x")});
  p.node("aten.add.Tensor", {"b"}, {t("self", "a")});
  p.node("my.op.default", {"c"}, {t("x", "b")});
  p.node("my.op.special", {"d"}, {t("x", "c")});
  p.node("higher_order.cond", {"e"}, {t("", "d"), t("", "c")});
  p.output("e");
  const ir::Program program = p.import();
  const char* wanted[] = {"aten::conv2d", "aten::add.Tensor", "my::op", "my::op.special",
                          "higher_order::cond"};
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(node_at(program, i).op, wanted[i]);
  EXPECT_EQ(node_at(program, 4).get<ir::Ref>("arg1").input, 1);
  EXPECT_EQ(node_at(program, 0).origin.op, "torch.ops.aten.conv2d.default");
  EXPECT_EQ(program.outputs, std::vector<std::string>{"e"});
}

TEST(Import, PlainArguments) {
  JsonProgram p;
  p.input("x").node(
      "aten.f.default", {"y"},
      {arg("a", {{"as_int", -3}}),
       arg("b", {{"as_ints", {1, 2}}}),
       arg("c", {{"as_float", 0.5}}),
       arg("d", {{"as_float", "-Infinity"}}),
       arg("e", {{"as_floats", {1.0, "NaN"}}}),
       arg("f", {{"as_bool", true}}),
       arg("g", {{"as_bools", {true, false}}}),
       arg("h", {{"as_string", "mean"}}),
       arg("i", {{"as_strings", {"p", "q"}}}),
       arg("j", {{"as_none", true}}),
       arg("k", {{"as_scalar_type", 6}}),
       arg("l", {{"as_scalar_type", 10}}),
       arg("m", {{"as_memory_format", 2}}),
       arg("n", {{"as_layout", 7}}),
       arg("o", {{"as_device", {{"type", "cuda"}, {"index", 1}}}}),
       arg("p", {{"as_device", {{"type", "cpu"}, {"index", nullptr}}}}),
       arg("q", {{"as_tensors", {{{"name", "x"}}, {{"name", "x"}}}}}),
       arg("r", {{"as_optional_tensors", {{{"as_none", true}}, {{"as_tensor", {{"name", "x"}}}}}}}),
       arg("s", {{"as_optional_tensor", {{"as_none", true}}}}),
       arg("u", {{"as_ints", json::array()}}),
       arg("v", {{"as_complex", {{"real", 1}, {"imag", 2}}}}),
       arg("w", {{"as_nested_tensors", {{{{"name", "x"}}}}}})});
  const ir::Program program = p.import();
  const ir::Node& n = node_at(program, 0);
  EXPECT_EQ(n.get<int64_t>("a"), -3);
  EXPECT_EQ(n.get<std::vector<int64_t>>("b"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(n.get<double>("c"), 0.5);
  EXPECT_EQ(n.get<double>("d"), -INFINITY);
  EXPECT_TRUE(std::isnan(n.get<std::vector<double>>("e")[1]));
  EXPECT_TRUE(n.get<bool>("f"));
  EXPECT_EQ(n.get<std::vector<bool>>("g"), (std::vector<bool>{true, false}));
  EXPECT_EQ(n.get<std::string>("h"), "mean");
  EXPECT_EQ(n.get<std::vector<std::string>>("i"), (std::vector<std::string>{"p", "q"}));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*n.find("j")));
  EXPECT_EQ(n.get<DataType>("k"), DataType::kHALF);
  EXPECT_EQ(n.get<std::string>("l"), "unsupported: dtype complex64");
  EXPECT_EQ(n.get<std::string>("m"), "channels_last");
  EXPECT_EQ(n.get<std::string>("n"), "strided");
  EXPECT_EQ(n.get<std::string>("o"), "cuda:1");
  EXPECT_EQ(n.get<std::string>("p"), "cpu");
  EXPECT_EQ(n.get<std::vector<ir::Ref>>("q"), (std::vector<ir::Ref>{{0}, {1}}));
  EXPECT_EQ(n.get<std::vector<ir::Ref>>("r"), (std::vector<ir::Ref>{{-1}, {2}}));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*n.find("s")));
  EXPECT_TRUE(n.get<std::vector<int64_t>>("u").empty());
  EXPECT_EQ(n.get<std::string>("v"), "unsupported: argument of kind as_complex");
  EXPECT_EQ(n.get<std::string>("w"), "unsupported: argument of kind as_nested_tensors");
  ASSERT_EQ(n.inputs.size(), 4u);  // the nested one is an input too
  EXPECT_EQ(n.inputs[3]->name, "x");
}

/// x: [s0, 4] with sizes n = s0, twice = 2*s0, five = 5, late = u0.
JsonProgram with_sizes() {
  JsonProgram p;
  p.tensor("x", {symbol("s0", 6), 4}).input("x");
  p.root["range_constraints"]["s0"] = {{"min_val", 2}, {"max_val", nullptr}};
  p.graph()["sym_int_values"] = {
      {"n", symbol("s0")},
      {"twice", {{"as_expr", {{"expr_str", "Mul(Integer(2), Symbol('s0'))"}, {"hint", nullptr}}}}},
      {"five", number(5)},
      {"late", symbol("u0")},
      {"odd", {{"as_expr", {{"expr_str", "Where(Symbol('s0'), Integer(1))"}}}}}};
  return p;
}

json size_output(const std::string& name) { return {{{"as_sym_int", {{"as_name", name}}}}}; }
json name_of_size(const std::string& name) { return {{"as_name", name}}; }

TEST(Import, LowerBoundsOfSizes) {
  for (const auto& [bound, least] : {std::pair{0, 1}, {1, 1}, {2, 1}, {3, 3}}) {
    JsonProgram p = with_sizes();
    p.root["range_constraints"]["s0"] = {{"min_val", bound}, {"max_val", 9}};
    p.output("x");
    const auto program = p.import();
    EXPECT_EQ(program.graph.symbols.at("s0"), (ir::SymRange{least, 6, 9})) << bound;
  }
}

TEST(Import, Sizes) {
  JsonProgram p = with_sizes();
  p.node("aten.sym_size.int", {}, {t("self", "x"), arg("dim", number(0))});
  p.graph()["nodes"][0]["outputs"] = size_output("n");
  p.node("_operator.mul", {}, {arg("a", {{"as_sym_int", name_of_size("n")}}), arg("b", number(2))});
  p.graph()["nodes"][1]["outputs"] = size_output("twice");
  p.tensor("y", {8}).node(
      "aten.view.default", {"y"},
      {t("self", "x"), arg("size", {{"as_sym_ints", {name_of_size("twice"), number(-1)}}}),
       arg("one", {{"as_sym_int", name_of_size("n")}}),
       arg("known", {{"as_sym_ints", {name_of_size("five"), number(2)}}})});
  p.output("y");
  const ir::Program program = p.import();
  ir::verify(program.graph);
  const ir::SymDim s0 = ir::SymDim::symbol("s0");
  EXPECT_EQ(program.graph.symbols.at("s0"), (ir::SymRange{1, 6, (int64_t{1} << 31) - 1}));
  EXPECT_EQ(program.graph.inputs()[0]->type.shape, (ir::SymShape{s0, 4}));
  const ir::Type& twice = node_at(program, 1).output()->type;
  EXPECT_EQ(node_at(program, 1).op, "prim::mul");
  EXPECT_EQ(twice.kind, Kind::kSize);
  EXPECT_EQ(twice.size, s0 * 2);
  const ir::Node& view = node_at(program, 2);
  EXPECT_EQ(view.get<std::vector<ir::SymDim>>("size"), (std::vector<ir::SymDim>{s0 * 2, -1}));
  EXPECT_EQ(view.get<ir::SymDim>("one"), s0);
  EXPECT_EQ(view.get<std::vector<int64_t>>("known"), (std::vector<int64_t>{5, 2}));
}

TEST(Import, SizesKnownOnlyAtRunTimeStayInTorch) {
  JsonProgram p = with_sizes();
  p.node("aten.item.default", {}, {t("self", "x")});
  p.graph()["nodes"][0]["outputs"] = size_output("late");
  p.tensor("y", {symbol("u0")});
  p.node("aten.zeros.default", {"y"},
         {arg("size", {{"as_sym_ints", {name_of_size("late"), number(1)}}}),
          arg("one", {{"as_sym_int", name_of_size("late")}})});
  p.node("_operator.odd", {}, json::array());
  p.graph()["nodes"][2]["outputs"] = size_output("odd");
  p.output("y");
  const ir::Program program = p.import();
  ir::verify(program.graph);
  EXPECT_EQ(program.pinned.at("late"), "data-dependent size u0");
  EXPECT_EQ(program.pinned.at("y"), "data-dependent size u0");
  EXPECT_EQ(program.pinned.at("odd"), "a size uses the function Where");
  const ir::Node& zeros = node_at(program, 1);
  EXPECT_EQ(zeros.output()->type.kind, Kind::kOther);
  EXPECT_EQ(zeros.get<std::string>("size"),
            "unsupported: a list with a size known only at run time");
  EXPECT_EQ(zeros.inputs.at(0)->name, "late");
  EXPECT_EQ(zeros.get<ir::Ref>("one").input, 1);
}

TEST(Import, TypesWeDoNotHave) {
  JsonProgram p;
  p.tensor("x", {4}, 10).tensor("y", {4}, 3).tensor("z", {4}, 7, 2);
  p.input("x")
      .node("aten.f.default", {"y"}, {t("self", "x")})
      .node("aten.g.default", {"z"}, {t("self", "y")});
  p.tensor("w", {4}, 11).stored("parameter", "w", "layer.w");
  p.constants.clear();
  const ir::Program program = p.import();
  EXPECT_EQ(program.graph.inputs()[0]->type.kind, Kind::kOther);
  EXPECT_EQ(program.pinned.at("x"), "tensors of complex64 stay in PyTorch");
  EXPECT_EQ(program.pinned.at("y"), "tensors of int16 stay in PyTorch");
  EXPECT_EQ(program.pinned.at("w"), "tensors of complex128 stay in PyTorch");
  EXPECT_NE(program.pinned.at("z").find("sparse"), std::string::npos);
}

TEST(Import, InputsThatAreNotTensors) {
  JsonProgram p = with_sizes();
  auto& specs = p.signature()["input_specs"];
  specs.push_back({{"user_input", {{"arg", {{"as_sym_int", {{"as_name", "n"}}}}}}}});
  specs.push_back({{"user_input", {{"arg", {{"as_none", true}}}}}});
  specs.push_back({{"constant_input", {{"name", "k"}, {"value", {{"as_int", 5}}}}}});
  specs.push_back(
      {{"custom_obj", {{"arg", {{"name", "obj"}, {"class_fqn", "A"}}}, {"custom_obj_name", "o"}}}});
  specs.push_back({{"token", {{"arg", {{"name", "tok"}}}}}});
  p.node("my.call.default", {"y"},
         {arg("self", {{"as_custom_obj", {{"name", "obj"}, {"class_fqn", "A"}}}})});
  const ir::Program program = p.import();
  ASSERT_EQ(program.graph.inputs().size(), 2u);
  EXPECT_EQ(program.graph.inputs()[1]->type.kind, Kind::kSize);
  EXPECT_EQ(node_at(program, 0).op, "prim::custom_obj");
  EXPECT_EQ(node_at(program, 0).output()->type.kind, Kind::kOther);
  EXPECT_EQ(node_at(program, 1).op, "prim::token");
  EXPECT_EQ(node_at(program, 2).inputs.at(0)->name, "obj");
}

TEST(Import, OutputsOfEveryKind) {
  JsonProgram p = with_sizes();
  p.node("aten.f.default", {"y"}, {t("self", "x")});
  auto& outputs = p.graph()["nodes"][0]["outputs"];
  outputs = {{{"as_none", true}},
             {{"as_tensors", {{{"name", "y"}}, {{"name", "z"}}}}},
             {{"as_sym_int", {{"as_name", "n"}}}},
             {{"as_sym_bool", {{"as_name", "flag"}}}}};
  p.tensor("z", {4});
  auto& specs = p.signature()["output_specs"];
  p.output("z");
  for (const json& a :
       {json{{"as_none", true}}, json{{"as_int", 3}}, json{{"as_sym_int", {{"as_name", "n"}}}}}) {
    specs.push_back({{"user_output", {{"arg", a}}}});
  }
  p.output("z");
  const ir::Program program = p.import();
  ir::verify(program.graph);
  const ir::Node& n = node_at(program, 0);
  ASSERT_EQ(n.outputs().size(), 5u);
  EXPECT_EQ(n.output(0)->type.kind, Kind::kOther);
  EXPECT_EQ(n.output(1)->name, "y");
  EXPECT_EQ(n.output(2)->name, "z");
  EXPECT_EQ(n.output(3)->type.kind, Kind::kSize);
  EXPECT_EQ(n.output(4)->name, "flag");
  EXPECT_EQ(program.outputs, (std::vector<std::string>{"z", "", "", "n", "z"}));
  EXPECT_EQ(program.graph.outputs.size(), 3u);
}

TEST(Import, WhatIsWrittenBackIsPinned) {
  JsonProgram p;
  p.input("x").stored("buffer", "b", "steps");
  p.node("aten.add.Tensor", {"next"}, {t("self", "b")});
  p.node("aten.view.default", {"look"}, {t("self", "next")});
  p.node("aten.mul.Tensor", {"turned"}, {t("self", "x")}).output("turned");
  auto& specs = p.signature()["output_specs"];
  specs.push_back({{"buffer_mutation", {{"arg", {{"name", "next"}}}, {"buffer_name", "steps"}}}});
  specs.push_back(
      {{"user_input_mutation", {{"arg", {{"name", "turned"}}}, {"user_input_name", "x"}}}});
  const ir::Program program = p.import();
  EXPECT_EQ(program.pinned.at("b"), "written back to 'steps' after the call");
  EXPECT_EQ(program.pinned.at("next"), "written back to 'steps' after the call");
  EXPECT_EQ(program.pinned.at("look"), "written back to 'steps' after the call");
  EXPECT_EQ(program.pinned.at("x"), "written back to 'x' after the call");
  EXPECT_EQ(program.pinned.at("turned"), "written back to 'x' after the call");
  EXPECT_EQ(program.outputs, std::vector<std::string>{"turned"});
}

}  // namespace
}  // namespace tenon::frontends
