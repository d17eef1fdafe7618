// SPDX-License-Identifier: Apache-2.0
// Functions of the C API that the other tests reach through Python only: each once, with one
// failure.
#include <gtest/gtest.h>
#include <tenon/c_api.h>
#include <tenon/c_api_network.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::string failure(int code) { return code ? tenon_last_error() : "no error"; }

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

tenon_handle first_output(tenon_handle layer) {
  const char* json = nullptr;
  EXPECT_EQ(tenon_layer_info(layer, &json), 0);
  return std::strtoull(std::strstr(json, "\"outputs\":[") + 11, nullptr, 10);
}

struct Net {
  tenon_handle net = 0, x = 0;
  Net() {
    const int64_t dims[] = {-1, 3};
    EXPECT_EQ(tenon_network_create(&net), 0);
    EXPECT_EQ(tenon_network_add_input(net, "x", 0, 2, dims, &x), 0);
  }
  ~Net() { tenon_network_free(net); }
  std::string info() const {
    const char* json = nullptr;
    EXPECT_EQ(tenon_network_info(net, &json), 0);
    return json;
  }
};

std::string tensor(tenon_handle t) {
  const char* json = nullptr;
  EXPECT_EQ(tenon_tensor_info(t, &json), 0) << tenon_last_error();
  return json;
}

TEST(CApiNames, Networks) {
  Net n;
  ASSERT_EQ(tenon_network_set_name(n.net, "small"), 0);
  EXPECT_TRUE(has(n.info(), R"("name":"small")"));
  ASSERT_EQ(tenon_tensor_set_type(n.x, 1, "[-1, 4]"), 0);
  ASSERT_EQ(tenon_tensor_set_dimension_name(n.x, 0, "batch"), 0);
  EXPECT_TRUE(has(tensor(n.x), R"("dtype":1)")) << tensor(n.x);
  EXPECT_TRUE(has(tensor(n.x), R"(["batch",4])")) << tensor(n.x);
  EXPECT_TRUE(has(failure(tenon_network_set_name(12345, "x")), "does not exist"));
}

TEST(CApiNames, Layers) {
  Net n;
  tenon_handle layer = 0, shape = 0;
  ASSERT_EQ(tenon_network_add_layer(n.net, "activation", &n.x, 1, nullptr, &layer), 0);
  ASSERT_EQ(tenon_layer_set_name(layer, "leaky"), 0);
  ASSERT_EQ(tenon_layer_set(layer, R"({"type": "leaky_relu", "alpha": 0.5})"), 0);
  const char* json = nullptr;
  ASSERT_EQ(tenon_layer_get(layer, "alpha", &json), 0);
  EXPECT_STREQ(json, "0.5");
  ASSERT_EQ(tenon_layer_info(layer, &json), 0);
  EXPECT_TRUE(has(json, R"("name":"leaky")")) << json;
  ASSERT_EQ(tenon_network_add_composite(n.net, "shape", &n.x, 1, nullptr, &shape), 0);
  tenon_handle flat = 0;
  ASSERT_EQ(tenon_network_add_layer(n.net, "shuffle", &n.x, 1, nullptr, &flat), 0);
  ASSERT_EQ(tenon_layer_set_input(flat, 1, first_output(shape)), 0) << tenon_last_error();
  EXPECT_TRUE(has(tensor(first_output(flat)), R"("x_0",3)")) << tensor(first_output(flat));
  EXPECT_NE(tenon_layer_get(layer, "no_such_attribute", &json), 0);
}

TEST(CApiNames, WeightsAreCopied) {
  Net n;
  std::vector<float> values(6, 1.0f);
  const int64_t shape[] = {2, 3}, strides[] = {3, 1};
  tenon_tensor kernel{"kernel", 0, 2, shape, strides, values.data()};
  EXPECT_EQ(kernel.ndim, 2);
  tenon_handle linear = 0;
  ASSERT_EQ(
      tenon_network_add_weighted(n.net, "linear", n.x, 2, 0, nullptr, &kernel, nullptr, &linear), 0)
      << tenon_last_error();
  EXPECT_TRUE(has(tensor(first_output(linear)), R"("x_0",2)"));
}

/// What a test's callbacks saw.
struct Seen {
  std::vector<std::string> lines, stages;
  int validated = 0;
  float weight = 0;

  ~Seen() {
    tenon_set_log_level(2);
    tenon_set_log(nullptr, nullptr);
  }
};

std::string program() {
  std::ostringstream text;
  text << std::ifstream(TENON_TEST_DIR "/data/small.json").rdbuf();
  return text.str();
}

TEST(CApiNames, AConverterSeesConstantsAndSaysWhyNot) {
  Seen seen;
  const tenon_log sink = [](int, const char* text, void* user) {
    static_cast<Seen*>(user)->lines.push_back(text);
  };
  const tenon_validate all = [](const char*, void* user) {
    ++static_cast<Seen*>(user)->validated;
    return 0;
  };
  const tenon_convert none = [](tenon_handle network, const char*, void* user) {
    const void* data = nullptr;
    size_t size = 0;
    if (tenon_convert_data(network, 1, &data, &size) == 0 && size == 64)
      static_cast<Seen*>(user)->weight = *static_cast<const float*>(data);
    tenon_callback_message("enough has been seen");
    return 1;
  };
  const tenon_progress progress = [](const char* stage, int, int, void* user) {
    static_cast<Seen*>(user)->stages.push_back(stage);
    return 1;
  };
  tenon_set_log(sink, &seen);
  tenon_set_log_level(3);
  int id = 0;
  ASSERT_EQ(tenon_register_converter("aten::linear", "here", 0, 1, all, none, &seen, &id), 0);

  const std::vector<float> w(16, 2.5f), b(4, 0.0f);
  const int64_t count = 1, sizes[] = {4, 4}, strides[] = {4, 1};
  const std::vector<tenon_tensor> constants = {{"w", 0, 2, sizes, strides, w.data()},
                                               {"b", 0, 1, sizes, strides + 1, b.data()},
                                               {"n", 8, 0, sizes, strides, &count}};
  const std::string request =
      R"({"options": {"min_block_size": 1, "optimization_level": 0, "timing_cache_path": "none"},
          "program": )" +
      program() + "}";
  tenon_result* result = nullptr;
  ASSERT_EQ(tenon_compile(request.data(), request.size(), constants.data(), constants.size(),
                          progress, &seen, &result),
            0)
      << tenon_last_error();
  EXPECT_TRUE(has(tenon_result_report(result), "enough has been seen"));
  EXPECT_GT(seen.validated, 0);
  EXPECT_EQ(seen.weight, 2.5f);
  EXPECT_FALSE(seen.stages.empty());
  bool overrides = false;
  for (const std::string& line : seen.lines)
    overrides |= has(line, "converter for aten::linear (here) overrides the built-in one");
  EXPECT_TRUE(overrides);
  tenon_result_free(result);
  EXPECT_EQ(tenon_unregister_converter(id), 0);
}

TEST(CApiNames, CompileRefusesARequestThatIsNoJson) {
  const tenon_progress progress = [](const char*, int, int, void*) { return 1; };
  tenon_result* result = nullptr;
  EXPECT_EQ(tenon_compile("{", 1, nullptr, 0, progress, nullptr, &result), 1);
  EXPECT_FALSE(std::string(tenon_last_error()).empty());
}

}  // namespace
