// SPDX-License-Identifier: Apache-2.0
// Documents with one thing wrong: the message names the place and what is wrong with it.
#include <gtest/gtest.h>

#include <functional>

#include "frontends/export/export.h"
#include "frontends/json_program.h"

namespace tenon::frontends {
namespace {

using test::arg;
using test::json;
using test::JsonProgram;
using test::number;
using test::symbol;
using test::t;

JsonProgram good() {
  JsonProgram p;
  p.input("x").stored("parameter", "w", "layer.weight");
  p.node("aten.add.Tensor", {"y"}, {t("self", "x"), t("other", "w"), arg("alpha", number(1))});
  p.output("y");
  return p;
}

struct Case {
  const char* name;
  std::function<void(JsonProgram&)> damage;
  const char* want;
};

json& node(JsonProgram& p) { return p.graph()["nodes"][0]; }
json& argument(JsonProgram& p, int i) { return node(p)["inputs"][i]["arg"]; }

const Case kCases[] = {
    {"major", [](auto& p) { p.root["schema_version"]["major"] = 9; },
     "schema version 9.17, want 8.x"},
    {"no_version", [](auto& p) { p.root.erase("schema_version"); },
     "program: has no field 'schema_version'"},
    {"version_type", [](auto& p) { p.root["schema_version"]["major"] = "8"; },
     "schema_version.major: is \"8\", want an integer"},
    {"no_graph", [](auto& p) { p.root["graph_module"].erase("graph"); },
     "graph_module: has no field 'graph'"},
    {"nodes_type", [](auto& p) { p.graph()["nodes"] = 3; },
     "graph_module.graph.nodes: is 3, want a list"},
    {"no_target", [](auto& p) { node(p).erase("target"); },
     "graph_module.graph.nodes[0]: has no field 'target'"},
    {"bad_target", [](auto& p) { node(p)["target"] = "torch.ops.a b"; },
     "nodes[0].target: is 'torch.ops.a b', want a name"},
    {"no_op", [](auto& p) { node(p)["target"] = "torch.ops.aten"; },
     "nodes[0].target: is 'torch.ops.aten', which names no operator"},
    {"unknown_value", [](auto& p) { argument(p, 0) = {{"as_tensor", {{"name", "q"}}}}; },
     "inputs[0].arg.as_tensor.name: names 'q', which no earlier node"},
    {"two_kinds", [](auto& p) { argument(p, 2) = {{"as_int", 1}, {"as_bool", true}}; },
     "inputs[2].arg: is an object with 2 fields, want an object with one field"},
    {"int_type", [](auto& p) { argument(p, 2) = {{"as_int", 1.5}}; },
     "inputs[2].arg.as_int: is 1.5, want an integer"},
    {"int_size", [](auto& p) { argument(p, 2) = {{"as_int", 18446744073709551615u}}; },
     "want an integer of 64 bits with sign"},
    {"ints_type", [](auto& p) { argument(p, 2) = {{"as_ints", {1, "2"}}}; },
     "as_ints[1]: is \"2\", want an integer"},
    {"float_type", [](auto& p) { argument(p, 2) = {{"as_float", "inf"}}; },
     "as_float: is \"inf\", want a number"},
    {"bool_type", [](auto& p) { argument(p, 2) = {{"as_bool", 1}}; },
     "as_bool: is 1, want true or false"},
    {"format_range", [](auto& p) { argument(p, 2) = {{"as_memory_format", 9}}; },
     "as_memory_format: is 9, want 0 to 4"},
    {"layout_range", [](auto& p) { argument(p, 2) = {{"as_layout", -1}}; },
     "as_layout: is -1, want 0 to 7"},
    {"sym_kind", [](auto& p) { argument(p, 2) = {{"as_sym_int", {{"as_what", 1}}}}; },
     "is of kind 'as_what', want as_name or as_int"},
    {"sym_unknown", [](auto& p) { argument(p, 2) = {{"as_sym_int", {{"as_name", "n"}}}}; },
     "names size 'n', which sym_int_values does not describe"},
    {"argument_twice", [](auto& p) { node(p)["inputs"][1]["name"] = "self"; },
     "inputs[1].name: gives argument 'self' a second time"},
    {"argument_name", [](auto& p) { node(p)["inputs"][1]["name"] = "a=b"; },
     "inputs[1].name: is \"a=b\", want a name"},
    {"value_twice", [](auto& p) { node(p)["outputs"][0]["as_tensor"]["name"] = "x"; },
     "defines 'x' a second time"},
    {"no_type", [](auto& p) { p.graph()["tensor_values"].erase("y"); },
     "names tensor 'y', which tensor_values does not describe"},
    {"dtype_type", [](auto& p) { p.graph()["tensor_values"]["y"]["dtype"] = "f"; },
     "tensor_values.y.dtype: is \"f\", want an integer"},
    {"negative_size", [](auto& p) { p.tensor("y", {-4}); },
     "tensor_values.y.sizes[0]: is the size -4, want 0 or more"},
    {"size_kind", [](auto& p) { p.tensor("y", {json{{"as_float", 4}}}); },
     "sizes[0]: is a size of kind 'as_float'"},
    {"size_text", [](auto& p) { p.tensor("y", {json{{"as_expr", {{"expr_str", "Add("}}}}}); },
     "tensor_values.y.sizes[0].as_expr.expr_str"},
    {"no_weight", [](auto& p) { p.constants.clear(); },
     "parameter_name: the program has no data for parameter 'layer.weight'"},
    {"weight_shape", [](auto& p) { p.tensor("w", {5}); },
     "parameter 'layer.weight' is f32[4], the program wants f32[5]"},
    {"weight_dtype", [](auto& p) { p.tensor("w", {4}, 6); },
     "parameter 'layer.weight' is f32[4], the program wants f16[4]"},
    {"input_kind", [](auto& p) { p.signature()["input_specs"][0] = {{"what", json::object()}}; },
     "input_specs[0]: is an input of unknown kind 'what'"},
    {"input_twice", [](auto& p) { p.input("x"); },
     "input_specs[2].user_input.arg.as_tensor.name: defines 'x' a second time"},
    {"output_kind",
     [](auto& p) { p.signature()["output_specs"][0] = {{"what", {{"arg", {{"name", "y"}}}}}}; },
     "output_specs[0]: is an output of unknown kind 'what'"},
    {"loss",
     [](auto& p) {
       p.signature()["output_specs"][0] = {{"loss_output", {{"arg", {{"name", "y"}}}}}};
     },
     "is a training output (loss_output)"},
    {"output_unknown", [](auto& p) { p.output("q"); },
     "output_specs[1].user_output.arg.as_tensor.name: names 'q'"},
    {"mutation_unknown",
     [](auto& p) {
       p.signature()["output_specs"].push_back(
           {{"buffer_mutation", {{"arg", {{"name", "y"}}}, {"buffer_name", "b"}}}});
     },
     "buffer_name: names 'b', which is no parameter or buffer"},
    {"empty_range",
     [](auto& p) {
       p.tensor("x", {symbol("s0")});
       p.root["range_constraints"]["s0"] = {{"min_val", 5}, {"max_val", 4}};
     },
     "range_constraints.s0: is empty: 5 to 4"},
};

TEST(ImportErrors, TheGoodOneIsGood) { EXPECT_EQ(good().error(), "no error"); }

class ImportErrors : public testing::TestWithParam<Case> {};
TEST_P(ImportErrors, NamesThePlace) {
  JsonProgram p = good();
  GetParam().damage(p);
  EXPECT_NE(p.error().find(GetParam().want), std::string::npos) << p.error();
}
INSTANTIATE_TEST_SUITE_P(Cases, ImportErrors, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ImportErrors, TextThatIsNotJson) {
  for (const char* text : {"", "{", "[1,2", "nonsense", "\xff\xfe"}) {
    try {
      import_exported_program(text, {});
      FAIL() << text;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("not valid JSON"), std::string::npos) << e.what();
    }
  }
  EXPECT_THROW(import_exported_program("3", {}), Error);
}

TEST(ImportErrors, DeepNestingIsAnError) {
  std::string deep(100000, '[');
  deep += std::string(100000, ']');
  EXPECT_THROW(import_exported_program(deep, {}), Error);
  JsonProgram p = good();
  json nested = 1;
  for (int i = 0; i < 40; ++i) nested = {{"a", nested}};
  argument(p, 2) = {{"as_string_to_argument", nested}};
  EXPECT_NE(p.error().find("is nested deeper than 16"), std::string::npos) << p.error();
}

}  // namespace
}  // namespace tenon::frontends
