// SPDX-License-Identifier: Apache-2.0
#include "ir/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace tenon::ir {
namespace {

constexpr const char* kGraph = R"(graph {
  symbol s0 [1, 4, 8]
  input %x : f32[s0, 3, 224, 224] channels_last
  input %n : size<s0 + 1>
  %w : f32[2] = constant() {data=f32[2]{1.0, -0.1} name="conv1.weight"}
  %big : f16[64, 3, 7, 7] = constant() {data=?}
  %packed : f32[2] = constant() {data=f32[4, 2]{? "blocked"}}
  %1 : f32[s0, 64] channels_last = convolution(%x, %big, _, _) {stride=[2, 2] none=ints[]} ; conv2d|torch.ops.aten.conv2d.default|conv1|resnet.py:96
  %"odd name", %"2:3" : other = aten::split.Tensor(%x, %n) {tensors=[$0, $none] one=$1 size=<floordiv(s0, 2)> sizes=[<s0>, <3>] to=bf16 none=none flag=true flags=[true, false] f=0.1 fs=[1e+20, -inf, nan] s="a\"b\\\n\x01" ss=["x", ""] e1=floats[] e2=bools[] e3=strings[] e4=sizes[] e5=refs[]}
  = aten::check(%1)
  return %1 "output 0", %"2:3"
}
)";

std::string with_types(std::string text) {  // every output carries its own type
  const std::string from = "%\"odd name\", ";
  return text.replace(text.find(from), from.size(), "%\"odd name\" : i64[], ");
}

std::string error_of(std::string_view text) {
  try {
    parse(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(GraphText, PrintIsTheInverseOfParse) {
  const std::string text = with_types(kGraph);
  const Graph g = parse(text);
  EXPECT_EQ(print(g), text);
  EXPECT_EQ(print(g.clone()), text);
}

TEST(GraphText, ParsedGraphHoldsWhatTheTextSays) {
  const Graph g = parse(with_types(kGraph));
  ASSERT_EQ(g.inputs().size(), 2u);
  EXPECT_EQ(g.symbols.at("s0").opt, 4);
  EXPECT_EQ(g.inputs()[0]->layout, Layout::kChannelsLast);
  EXPECT_EQ(g.inputs()[1]->type.size, SymDim::symbol("s0") + 1);
  const Node& conv = *g.outputs[0]->producer();
  EXPECT_EQ(conv.op, "convolution");
  EXPECT_EQ(conv.input(0), g.inputs()[0].get());
  EXPECT_EQ(conv.inputs[2], nullptr);
  EXPECT_EQ(conv.get<std::vector<int64_t>>("stride"), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(conv.origin.module, "conv1");
  EXPECT_EQ(conv.origin.location, "resnet.py:96");
  const Node& split = *g.outputs[1]->producer();
  EXPECT_EQ(g.outputs[1]->index(), 1);
  EXPECT_EQ(split.get<std::string>("s"), "a\"b\\\n\x01");
  EXPECT_EQ(split.get<std::vector<Ref>>("tensors"), (std::vector<Ref>{{0}, {-1}}));
  EXPECT_TRUE(std::isnan(split.get<std::vector<double>>("fs")[2]));
  EXPECT_EQ(g.output_names, (std::vector<std::string>{"output 0", ""}));
}

TEST(GraphText, SmallConstantsKeepTheirBits) {
  const char* kTypes[] = {"f32[3]{0.1, 3.4028235e+38, 1e-45}",
                          "f64[2]{0.30000000000000004, -inf}",
                          "f16[3]{65504.0, 5.9604645e-08, nan}",
                          "bf16[1]{3.3895314e+38}",
                          "i8[2]{-128, 127}",
                          "u8[1]{255}",
                          "i32[1]{-2147483648}",
                          "i64[1, 1]{-9223372036854775808}",
                          "bool[2]{true, false}",
                          "f32[]{-0.0}",
                          "f32[0]{}"};
  for (const std::string constant : kTypes) {
    const std::string type = constant.substr(0, constant.find('{'));
    const std::string text =
        "graph {\n  %c : " + type + " = constant() {data=" + constant + "}\n  return %c\n}\n";
    EXPECT_EQ(print(parse(text)), text);
  }
  const ConstantPtr c = constant_of(
      parse("graph { %c : f32[1] = constant() {data=f32[1]{0.1}} return %c }").outputs[0]);
  EXPECT_EQ(*static_cast<const float*>(c->data.get()), 0.1f);
}

TEST(GraphText, LargeConstantsArePrintedAsProbes) {
  Graph g;
  const std::vector<float> data(65, 1.0f);
  g.outputs.push_back(g.add_constant(make_constant(DataType::kFLOAT, {65}, data.data()), "c"));
  EXPECT_EQ(print(g), "graph {\n  %c : f32[65] = constant() {data=?}\n  return %c\n}\n");
  EXPECT_FALSE(constant_of(parse(print(g)).outputs[0])->has_data());
}

TEST(GraphText, NumberedConstants) {
  Graph g;
  const float one = 1;
  const ConstantPtr c = make_constant(DataType::kFLOAT, {1}, &one);
  g.outputs = {g.add_constant(c, "a"), g.add_constant(c, "b"),
               g.add_constant(make_constant(DataType::kFLOAT, {1}, &one), "c")};
  std::vector<ConstantPtr> constants;
  const std::string text = print(g, {.constants = &constants});
  EXPECT_EQ(constants.size(), 2u);
  const Graph back = parse(text, constants);
  EXPECT_EQ(constant_of(back.outputs[0]), c);
  EXPECT_EQ(constant_of(back.outputs[1]), c);
  EXPECT_NE(constant_of(back.outputs[2]), c);
  constants.pop_back();
  EXPECT_THROW(parse(text, constants), Error);
}

TEST(GraphText, OriginsCanBeLeftOutAndHoldAnything) {
  Graph g;
  Node* node = g.create("op", {});
  g.outputs.push_back(node->add_output(g.unique_name("y"), Type{}));
  node->origin = {"a|b", "c\\d", "e\nf", "g\r"};
  const Graph back = parse(print(g));
  const Origin& o = back.outputs[0]->producer()->origin;
  EXPECT_EQ(o.node, "a|b");
  EXPECT_EQ(o.op, "c\\d");
  EXPECT_EQ(o.module, "e\nf");
  EXPECT_EQ(o.location, "g\r");
  EXPECT_EQ(print(g, {.origins = false}), "graph {\n  %y : f32[] = op()\n  return %y\n}\n");
}

TEST(GraphText, AttributesInMessages) {
  EXPECT_EQ(str(Attr(1.0)), "1.0");
  EXPECT_EQ(str(Attr(1e300)), "1e+300");
  EXPECT_EQ(str(Attr(int64_t{1})), "1");
  EXPECT_EQ(str(Attr(std::string("a\xc3\xa9"))), "\"a\xc3\xa9\"");
  EXPECT_EQ(str(Attr()), "none");
  EXPECT_EQ(str(Attr(Ref{2})), "$2");
}

TEST(GraphText, ErrorsHaveLineAndColumn) {
  EXPECT_EQ(
      error_of("graph {\n  input %x : f33[1]\n}"),
      "graph text, line 2, column 17: 'f33' is not a type; wanted f32, i64, ..., size or other");
  EXPECT_EQ(error_of("graph {\n  return %x\n}"),
            "graph text, line 2, column 12: %x is not defined above");
  EXPECT_EQ(
      error_of("graph {\n  input %x : f32[s0 +]\n  return\n}"),
      "graph text, line 2, column 18: size expression, column 5: wanted a number, a symbol or "
      "'(', found the end");
  EXPECT_EQ(error_of(""), "graph text, line 1, column 1: wanted 'graph', found the end");
}

TEST(GraphText, BrokenTextIsRefused) {
  const char* kTexts[] = {
      "graph { return } x",
      "graph { input %x : f32[1] input %x : f32[1] return }",
      "graph { input %x : f32[s0] return }",
      "graph { symbol s0 [4, 1, 8] return }",
      "graph { symbol s0 [1, 1, 8] symbol s0 [1, 1, 8] return }",
      "graph { %a : f32[1] = op(%a) return }",
      "graph { %a : f32[1] = op() {x=[1, 2.0]} return }",
      "graph { %a : f32[1] = op() {x=[]} return }",
      "graph { %a : f32[1] = op() {x=[[1]]} return }",
      "graph { %a : f32[1] = op() {x=1 x=2} return }",
      "graph { %a : f32[1] = op() {x=99999999999999999999} return }",
      "graph { %a : f32[1] = op() {x=1e999} return }",
      "graph { %a : f32[1] = op() {x=1.2.3} return }",
      "graph { %a : f32[1] = op() {x=$0} return }",
      "graph { %a : f32[1] = op() {x=#0} return }",
      "graph { %a : f32[1] = op() {x=\"abc} return }",
      "graph { %a : f32[1] = op() {x=\"\\q\"} return }",
      "graph { %a : f32[1] = op() {x=\"\\x",
      "graph { %a : f32[2] = constant() {data=f32[2]{1.0}} return }",
      "graph { %a : f32[2] = constant() {data=f32[3]{1.0, 2.0, 3.0}} return }",
      "graph { %a : i8[1] = constant() {data=i8[1]{128}} return }",
      "graph { %a : f32[4611686018427387904, 4] = constant() {data=?} return }",
      "graph { %a : f32[-1] = constant() {data=?} return }",
      "graph { %a : f32[1] = constant() return }",
      "graph { %a : f32[1] = op() ; a|b\n return }",
      "graph { return _ }",
      "graph {",
  };
  for (const char* text : kTexts) EXPECT_NE(error_of(text), "no error") << text;
  std::string rank = "graph { input %x : f32[1";
  for (int i = 0; i < 64; ++i) rank += ", 1";
  EXPECT_NE(error_of(rank + "] return }").find("64 dimensions"), std::string::npos);
}

}  // namespace
}  // namespace tenon::ir
