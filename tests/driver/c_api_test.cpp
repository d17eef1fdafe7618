// SPDX-License-Identifier: Apache-2.0
// The C ABI: bad requests give codes and texts, never a crash.
#include "tenon/c_api.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

std::string failure(const char* request, size_t size, const tenon_tensor* constants = nullptr,
                    size_t count = 0) {
  auto* kept = reinterpret_cast<tenon_result*>(1);
  tenon_result* result = kept;
  if (tenon_compile(request, size, constants, count, nullptr, nullptr, &result) == 0) {
    tenon_result_free(result);
    return "compiled";
  }
  EXPECT_TRUE(result == kept || result == nullptr) << "no half-made result";
  return tenon_last_error();
}
std::string failure(const std::string& request) { return failure(request.data(), request.size()); }

TEST(CApi, NullArguments) {
  EXPECT_EQ(failure(nullptr, 0), "tenon_compile: request_json is null");
  EXPECT_EQ(tenon_compile("{}", 2, nullptr, 0, nullptr, nullptr, nullptr), 1);
  EXPECT_STREQ(tenon_last_error(), "tenon_compile: out is null");
  EXPECT_EQ(failure("{}", 2, nullptr, 3),
            "tenon_compile: constants is null, but constant_count is 3");
  const void* data = nullptr;
  size_t size = 0;
  EXPECT_EQ(tenon_result_plan(nullptr, 0, &data, &size), 1);
  EXPECT_STREQ(tenon_last_error(), "tenon_result_plan: an argument is null");
  tenon_result_free(nullptr);
}

TEST(CApi, GarbageRequests) {
  for (const std::string& bad : {std::string(), std::string("\0\0", 2), std::string("{"),
                                 std::string("not json"), std::string("\xff\xfe")})
    EXPECT_NE(failure(bad).find("parse error"), std::string::npos) << failure(bad);
  for (const char* bad : {"[]", "null", "7", "\"x\"", "{}"})
    EXPECT_EQ(failure(std::string(bad)), "the request is not a JSON object with a \"program\"");
  for (const char* bad :
       {R"({"program": 3})", R"({"program": []})", R"({"program": {}})", R"({"program": null})"}) {
    const std::string error = failure(std::string(bad));
    EXPECT_NE(error, "compiled");
    EXPECT_FALSE(error.empty());
  }
}

TEST(CApi, DeepRequests) {
  const std::string deep =
      "{\"program\": " + std::string(1000000, '[') + std::string(1000000, ']') + "}";
  EXPECT_EQ(failure(deep), "the request is nested deeper than 1000 levels");
  // Brackets in strings do not count.
  const std::string text = "{\"program\": {\"a\": \"" + std::string(5000, '[') + "\\\"[\"}}";
  EXPECT_EQ(failure(text).find("nested"), std::string::npos) << failure(text);
}

TEST(CApi, UnknownOptionsSuggest) {
  const std::string error = failure(R"({"program": {}, "options": {"min_blok_size": 1}})");
  EXPECT_NE(error.find("min_blok_size"), std::string::npos) << error;
  EXPECT_NE(error.find("min_block_size"), std::string::npos) << error;
  const std::string type = failure(R"({"program": {}, "options": {"min_block_size": "five"}})");
  EXPECT_NE(type.find("min_block_size"), std::string::npos) << type;
}

TEST(CApi, BadSymbols) {
  for (const char* range : {"3", "[1, 2]", "{\"a\": 1}"}) {
    const std::string error =
        failure(R"({"program": {}, "symbols": {"s0": )" + std::string(range) + "}}");
    EXPECT_EQ(error, "symbols.s0 must be [min, opt, max]");
  }
  EXPECT_NE(failure(R"({"program": {}, "symbols": {"s0": ["a", 1, 2]}})"), "compiled");
}

TEST(CApi, BadConstants) {
  const int64_t shape[] = {int64_t{1} << 40, int64_t{1} << 40}, negative[] = {-1},
                stride[] = {1, 1};
  const float data[4] = {};
  auto error = [&](tenon_tensor t) { return failure("{\"program\": {}}", 15, &t, 1); };
  EXPECT_EQ(error({nullptr, 0, 0, nullptr, nullptr, data}), "a constant has no name");
  EXPECT_EQ(error({"w", 99, 0, nullptr, nullptr, data}),
            "constant 'w' has an element type (99) that is not supported");
  EXPECT_EQ(error({"w", 0, 1, nullptr, nullptr, data}), "constant 'w' has no shape or no strides");
  EXPECT_EQ(error({"w", 0, 100, shape, stride, data}),
            "constant 'w' has 100 dimensions, at most 8");
  EXPECT_EQ(error({"w", 0, -1, shape, stride, data}), "constant 'w' has -1 dimensions, at most 8");
  EXPECT_EQ(error({"w", 0, 1, negative, stride, data}), "constant 'w' has size -1");
  EXPECT_EQ(error({"w", 0, 2, shape, stride, data}), "constant 'w' has size 1099511627776");
  EXPECT_EQ(error({"w", 0, 0, nullptr, nullptr, nullptr}), "constant 'w' has no data");
}

TEST(CApi, CancelledFromTheStart) {
  tenon_result* result = nullptr;
  const auto never = [](const char*, int, int, void*) { return 0; };
  EXPECT_EQ(tenon_compile("{}", 2, nullptr, 0, never, nullptr, &result), 2);
  EXPECT_STREQ(tenon_last_error(), "cancelled");
  EXPECT_EQ(result, nullptr);
}

TEST(CApi, Tables) {
  EXPECT_TRUE(nlohmann::json::parse(tenon_options_table()).is_array());
  const auto info = nlohmann::json::parse(tenon_build_info());
  EXPECT_EQ(info["version"].dump(), '"' + std::string(tenon_version()) + '"');
  EXPECT_GT(info["layers"].size(), 20u);
  EXPECT_GT(info["converters"].size(), 50u);
}

}  // namespace
