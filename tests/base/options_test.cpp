// SPDX-License-Identifier: Apache-2.0
#include "base/options.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tenon {
namespace {

std::string error_of(const char* json) {
  try {
    parse_options(json);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Options, DefaultsComeFromTheTable) {
  const Options o = parse_options("{}");
  EXPECT_EQ(o.min_block_size, 5);
  EXPECT_TRUE(o.torch_executed_ops.empty());
  EXPECT_EQ(to_json(o), to_json(Options()));
}

TEST(Options, EveryTypeIsRead) {
  const Options o = parse_options(
      R"({"min_block_size": 1, "debug": true, "device": "cpu", "torch_executed_ops": ["a", "b"],
          "autocast_max_output_threshold": 3, "max_aux_streams": null})");
  EXPECT_EQ(o.min_block_size, 1);
  EXPECT_TRUE(o.debug);
  EXPECT_EQ(o.device, "cpu");
  EXPECT_EQ(o.torch_executed_ops, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(o.autocast_max_output_threshold, 3.0);
  EXPECT_EQ(o.max_aux_streams, -1);
  EXPECT_EQ(to_json(parse_options(to_json(o))), to_json(o));
}

TEST(Options, UnknownNamesSuggestTheNearest) {
  EXPECT_EQ(error_of(R"({"min_blok_size": 1})"),
            "unknown setting 'min_blok_size'; did you mean 'min_block_size'?");
  EXPECT_EQ(error_of(R"({"zzzzzzzz": 1})"), "unknown setting 'zzzzzzzz'");
}

TEST(Options, WrongTypesAreNamed) {
  EXPECT_EQ(error_of(R"({"min_block_size": "5"})"),
            "setting 'min_block_size' is \"5\", wanted a whole number");
  EXPECT_EQ(error_of(R"({"min_block_size": null})"),
            "setting 'min_block_size' is null, wanted a whole number");
  EXPECT_EQ(error_of(R"({"max_aux_streams": 1.5})"),
            "setting 'max_aux_streams' is 1.5, wanted a whole number or null");
  EXPECT_EQ(error_of(R"({"debug": 1})"), "setting 'debug' is 1, wanted true or false");
  EXPECT_EQ(error_of(R"({"torch_executed_ops": ["a", 1]})"),
            "setting 'torch_executed_ops' is [\"a\",1], wanted a list of strings");
  EXPECT_NE(error_of(R"({"min_block_size": 18446744073709551615})"), "no error");
  EXPECT_EQ(error_of("[]"), "the settings are array, wanted a JSON object");
  EXPECT_NE(error_of("{"), "no error");
}

TEST(Options, InertSettingsWarnWhenTheyDiffer) {
  std::vector<std::string> warnings;
  parse_options(R"({"sparse_weights": true, "dla_sram_size": 1048576, "debug": true})", &warnings);
  EXPECT_EQ(warnings, std::vector<std::string>{
                          "setting 'sparse_weights' = true has no effect here: there are no"
                          " sparse kernels"});
  warnings.clear();
  parse_options(R"({"max_aux_streams": 2, "cpu_memory_budget": null})", &warnings);
  EXPECT_EQ(warnings,
            std::vector<std::string>{"setting 'max_aux_streams' = 2 has no effect here: an"
                                     " engine runs on its caller's stream alone"});
}

TEST(Options, EverySettingWithoutEffectHasAReason) {
#define TENON_OPTION(type, name, default_, invariant, status, doc) \
  EXPECT_GT(std::string(doc).size(), sizeof("-1: None; ")) << #name;
#include "base/options.def"
#undef TENON_OPTION
}

TEST(Options, LiveSettingsWithoutEffectOnADeviceOrBesideOthers) {
  const auto lines = [](const char* json, const char* device) {
    return without_effect(parse_options(json), device);
  };
  const char* const gpu = R"({"disable_tf32": true, "enabled_precisions": ["float32", "float16"]})";
  EXPECT_EQ(lines(gpu, "cuda:0"), std::vector<std::string>{});
  EXPECT_EQ(
      lines(gpu, "cpu"),
      (std::vector<std::string>{
          "setting 'enabled_precisions' = [\"float32\",\"float16\"] has no effect here: on the"
          " CPU an engine computes in the types of the graph",
          "setting 'disable_tf32' = true has no effect here: CPUs have no TF32"}));
  EXPECT_EQ(lines("{}", "cpu"), std::vector<std::string>{});
  EXPECT_EQ(lines(R"({"enabled_precisions": ["float32"]})", "cpu"), std::vector<std::string>{});
  EXPECT_EQ(lines(R"({"dump_dir": "d", "debug": true, "num_avg_timing_iters": 2})", "cpu"),
            std::vector<std::string>{});
  EXPECT_EQ(lines(R"({"dump_dir": "d", "num_avg_timing_iters": 2, "optimization_level": 0,
                      "pass_through_build_failures": true})",
                  "cuda:1")
                .size(),
            3u);
}

TEST(Options, KeyHoldsInvariantSettingsOnly) {
  Options a, b;
  b.min_block_size = 1;
  EXPECT_EQ(invariant_key(a), invariant_key(b));
  b.optimization_level = 5;
  EXPECT_NE(invariant_key(a), invariant_key(b));
}

TEST(Options, Description) {
  Options o;
  o.torch_executed_ops = {"it's"};
  const std::string text = describe(o);
  EXPECT_TRUE(
      text.starts_with("CompilationSettings(require_full_compilation=False, min_block_size=5, "))
      << text;
  EXPECT_NE(text.find("torch_executed_ops=['it\\'s']"), std::string::npos);
  EXPECT_EQ(text.back(), ')');
}

TEST(Options, TableAsJson) {
  const auto table = nlohmann::json::parse(options_table_json());
  const auto settings = nlohmann::json::parse(to_json(Options()));
  ASSERT_EQ(table.size(), settings.size());
  for (const auto& row : table)
    EXPECT_EQ(settings.at(row.at("name")).dump(), row.at("default").dump());
  EXPECT_EQ(table[0].at("status").dump(), R"("live")");
}

TEST(NearestName, ByEditDistance) {
  EXPECT_EQ(nearest_name("relu", {"gelu", "relu6", "tanh"}), "gelu");
  EXPECT_EQ(nearest_name("x", {"convolution"}), "");
  EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace
}  // namespace tenon
