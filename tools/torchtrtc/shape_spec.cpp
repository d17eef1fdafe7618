// SPDX-License-Identifier: Apache-2.0
#include "shape_spec.h"

#include <charconv>
#include <map>
#include <string_view>

namespace torchtrtc {
namespace {

using torch_tensorrt::DataType;
using torch_tensorrt::Error;
using torch_tensorrt::TensorFormat;
using Shape = std::vector<int64_t>;

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text), rest_(text) {}

  torch_tensorrt::Input input() {
    std::vector<Shape> shapes;
    if (take('[')) {
      shapes = {shape(), (want(';'), shape()), (want(';'), shape())};
      want(']');
    } else {
      shapes.assign(3, shape());
    }
    const DataType type = take('@') ? parse_type(word()) : DataType(DataType::kUnknown);
    const TensorFormat format = take('%') ? layout(word()) : TensorFormat();
    if (!rest_.empty()) fail("nothing");
    return torch_tensorrt::Input(shapes[0], shapes[1], shapes[2], type, format);
  }

 private:
  [[noreturn]] void fail(const std::string& wanted) const {
    throw Error("input '" + text_ + "': wanted " + wanted + " at '" + std::string(rest_) +
                "'; an input looks like (1,3,224,224)@f32 or [(min);(opt);(max)]@f16%nhwc");
  }

  void skip_spaces() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }

  bool take(char c) {
    skip_spaces();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void want(char c) {
    if (!take(c)) fail(std::string("'") + c + "'");
  }

  Shape shape() {
    want('(');
    Shape sizes;
    while (!take(')')) {
      if (!sizes.empty()) want(',');
      if (!sizes.empty() && take(')')) break;  // a comma may end a list
      sizes.push_back(size());
    }
    return sizes;
  }

  int64_t size() {
    skip_spaces();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value < 0) fail("a size");
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }

  std::string word() {
    const size_t end = std::min(rest_.find('%'), rest_.size());
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return text;
  }

  TensorFormat layout(const std::string& name) const {
    static const std::map<std::string, TensorFormat::Value> kNames = {
        {"contiguous", TensorFormat::kContiguous},
        {"linear", TensorFormat::kContiguous},
        {"nchw", TensorFormat::kContiguous},
        {"NCHW", TensorFormat::kContiguous},
        {"channels_last", TensorFormat::kChannelsLast},
        {"nhwc", TensorFormat::kChannelsLast},
        {"NHWC", TensorFormat::kChannelsLast}};
    const auto it = kNames.find(name);
    if (it == kNames.end())
      throw Error("input '" + text_ + "': layout is '" + name +
                  "', wanted contiguous (nchw) or channels_last (nhwc)");
    return it->second;
  }

  const std::string& text_;
  std::string_view rest_;
};

}  // namespace

DataType parse_type(const std::string& name) {
  static const std::map<std::string, DataType::Value> kNames = {
      {"f32", DataType::kFloat},     {"fp32", DataType::kFloat},
      {"float32", DataType::kFloat}, {"float", DataType::kFloat},
      {"f16", DataType::kHalf},      {"fp16", DataType::kHalf},
      {"float16", DataType::kHalf},  {"half", DataType::kHalf},
      {"bf16", DataType::kBFloat16}, {"bfloat16", DataType::kBFloat16},
      {"f64", DataType::kDouble},    {"float64", DataType::kDouble},
      {"double", DataType::kDouble}, {"i8", DataType::kChar},
      {"int8", DataType::kChar},     {"char", DataType::kChar},
      {"u8", DataType::kByte},       {"uint8", DataType::kByte},
      {"i32", DataType::kInt},       {"int32", DataType::kInt},
      {"int", DataType::kInt},       {"i64", DataType::kLong},
      {"int64", DataType::kLong},    {"long", DataType::kLong},
      {"b", DataType::kBool},        {"bool", DataType::kBool}};
  const auto it = kNames.find(name);
  if (it == kNames.end())
    throw Error("type is '" + name + "', wanted one of f32, f16, bf16, f64, i8, u8, i32, i64, b");
  return it->second;
}

torch_tensorrt::Input parse_input(const std::string& text) { return Parser(text).input(); }

}  // namespace torchtrtc
