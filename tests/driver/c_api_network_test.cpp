// SPDX-License-Identifier: Apache-2.0
// The C ABI of networks and converters: a network becomes a plan, and handles that are stale or
// foreign are errors.
#include "tenon/c_api_network.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace {

std::string failure(int code) { return code ? tenon_last_error() : "no error"; }

void expect_part(const std::string& text, const char* part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

tenon_handle network() {
  tenon_handle h = 0;
  EXPECT_EQ(tenon_network_create(&h), 0);
  return h;
}

tenon_handle input(tenon_handle net, const char* name, std::vector<int64_t> dims) {
  tenon_handle t = 0;
  EXPECT_EQ(
      tenon_network_add_input(net, name, 0, static_cast<int32_t>(dims.size()), dims.data(), &t), 0)
      << tenon_last_error();
  return t;
}

tenon_handle output(tenon_handle layer) {
  const char* json = nullptr;
  EXPECT_EQ(tenon_layer_info(layer, &json), 0);
  return std::strtoull(std::strstr(json, "\"outputs\":[") + 11, nullptr, 10);
}

TEST(CApiNetwork, ANetworkBecomesAPlanThatRuns) {
  const tenon_handle net = network(), x = input(net, "x", {-1, 3});
  tenon_handle relu = 0, plan = 0;
  ASSERT_EQ(tenon_network_add_layer(net, "activation", &x, 1, R"({"type": "relu"})", &relu), 0);
  ASSERT_EQ(tenon_tensor_set_name(output(relu), "y"), 0);
  ASSERT_EQ(tenon_network_mark_output(net, output(relu), 1), 0);
  const char* request = R"({"profile": {"x": [[1, 3], [2, 3], [4, 3]]},
                            "options": {"optimization_level": 0, "timing_cache_path": "none"}})";
  ASSERT_EQ(tenon_network_build(net, request, &plan), 0) << tenon_last_error();
  ASSERT_EQ(tenon_network_free(net), 0);
  const void* data = nullptr;
  size_t size = 0;
  ASSERT_EQ(tenon_plan_data(plan, &data, &size), 0);
  tenon_handle engine = 0;
  ASSERT_EQ(tenon_engine_load(data, size, &engine), 0) << tenon_last_error();
  EXPECT_EQ(tenon_plan_free(plan), 0);
  expect_part(failure(tenon_plan_free(plan)), "does not exist");
  const char* json = nullptr;
  ASSERT_EQ(tenon_engine_info(engine, &json), 0);
  expect_part(json, R"("name":"x","dtype":0,"shape":["x_0",3],"ranges":[[1,2,4],[3,3,3]])");
  const int64_t shape[] = {2, 3}, large[] = {5, 3};
  const int64_t *shapes[] = {shape}, *wrong[] = {large}, *none[] = {nullptr};
  const float in[] = {-1, 2, -3, 4, -5, 6};
  float out[6];
  const void* inputs[] = {in};
  void *outputs[] = {out}, *nothing[] = {nullptr};
  ASSERT_EQ(tenon_engine_output_shapes(engine, shapes, &json), 0) << tenon_last_error();
  EXPECT_STREQ(json, "[[2,3]]");
  ASSERT_EQ(tenon_engine_run(engine, shapes, inputs, outputs), 0) << tenon_last_error();
  EXPECT_EQ(std::vector<float>(out, out + 6), (std::vector<float>{0, 2, 0, 4, 0, 6}));
  expect_part(failure(tenon_engine_run(engine, wrong, inputs, outputs)), "is 5, wanted 1..4");
  expect_part(failure(tenon_engine_run(engine, none, inputs, outputs)), "a shape is null");
  expect_part(failure(tenon_engine_run(engine, shapes, inputs, nothing)), "('y') is null");
  EXPECT_EQ(tenon_engine_free(engine), 0);
  expect_part(failure(tenon_engine_run(engine, shapes, inputs, outputs)), "does not exist");
  expect_part(failure(tenon_engine_load("no plan", 7, &engine)), "plan");
}

TEST(CApiNetwork, StaleAndForeignHandles) {
  const tenon_handle a = network(), b = network();
  const tenon_handle x = input(a, "x", {2});
  tenon_handle layer = 0;
  expect_part(failure(tenon_network_add_layer(b, "identity", &x, 1, nullptr, &layer)),
              "belongs to another network");
  const char* json = nullptr;
  expect_part(failure(tenon_layer_info(x, &json)), "has no layer");
  expect_part(failure(tenon_tensor_info(x + 7, &json)), "has no tensor");
  expect_part(failure(tenon_tensor_info(0, &json)), "does not exist");
  tenon_network_free(a);
  expect_part(failure(tenon_tensor_info(x, &json)), "it was freed, or its conversion has ended");
  expect_part(failure(tenon_network_free(a)), "does not exist");
  tenon_network_free(b);
}

TEST(CApiNetwork, BadAttributesNameWhatWasSeenAndWanted) {
  const tenon_handle net = network(), x = input(net, "x", {2, 3});
  tenon_handle layer = 0;
  const auto with = [&](const char* op, const char* attrs) {
    return failure(tenon_network_add_layer(net, op, &x, 1, attrs, &layer));
  };
  expect_part(with("nonsense", nullptr), "there is no layer 'nonsense'");
  expect_part(with("softmax", "{"), "attrs_json is not valid JSON");
  expect_part(with("softmax", "[]"), "wanted a JSON object");
  expect_part(with("softmax", R"({"axes": 1})"), "no attribute \"axes\"; did you mean \"axis\"?");
  expect_part(with("softmax", R"({"axis": "1"})"), "wanted a whole number");
  expect_part(with("cast", R"({"to": 77})"), "77 is not the number of a DataType");
  expect_part(with("shuffle", R"({"reshape_dims": [[1]]})"), "wanted a number or an expression");
  expect_part(with(nullptr, nullptr), "op is null");
  tenon_network_free(net);
}

TEST(CApiNetwork, ConstantsAreCopied) {
  const tenon_handle net = network();
  float value = 3;
  const tenon_tensor data = {"c", 0, 0, nullptr, nullptr, &value};
  tenon_handle layer = 0;
  ASSERT_EQ(tenon_network_add_constant(net, &data, &layer), 0) << tenon_last_error();
  value = 0;
  ASSERT_EQ(tenon_network_mark_output(net, output(layer), 1), 0);
  const char* text = nullptr;
  ASSERT_EQ(tenon_network_print(net, &text), 0) << tenon_last_error();
  expect_part(text, "3.0");
  tenon_network_free(net);
}

TEST(CApiNetwork, ConvertersRegisterAndGo) {
  int id = 0;
  const auto convert = [](tenon_handle, const char*, void*) { return 0; };
  expect_part(
      failure(tenon_register_converter("relu", "here", 0, 1, nullptr, convert, nullptr, &id)),
      "wanted a name such as aten::relu");
  ASSERT_EQ(tenon_register_converter("mylib::op", "here", 0, 1, nullptr, convert, nullptr, &id), 0);
  const char* json = nullptr;
  ASSERT_EQ(tenon_converters(&json), 0);
  expect_part(json, "mylib::op (here)");
  ASSERT_EQ(tenon_unregister_converter(id), 0);
  ASSERT_EQ(tenon_converters(&json), 0);
  EXPECT_EQ(std::strstr(json, "mylib::op"), nullptr);
  EXPECT_STREQ(tenon_current_settings(), "");
  tenon_handle net = network(), x = input(net, "x", {2});
  expect_part(failure(tenon_convert_return(net, &x, 1)), "is not being converted");
  tenon_network_free(net);
}

}  // namespace
