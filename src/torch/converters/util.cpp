// SPDX-License-Identifier: Apache-2.0
// core/util: errors, log, Dims and element types, text of nodes.
#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "torch/dtype.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/trt_util.h"

namespace tenon {

std::ostream& operator<<(std::ostream& out, const Dims& dims) {
  out << '[';
  for (int32_t i = 0; i < dims.nbDims; ++i) out << (i ? ", " : "") << dims.d[i];
  return out << ']';
}

std::ostream& operator<<(std::ostream& out, DataType type) { return out << name_of(type); }

}  // namespace tenon

namespace torch_tensorrt {
namespace core {
namespace util {
namespace logging {

void log(LogLevel level, const std::string& text) {
  tenon::log(static_cast<tenon::LogLevel>(level), text);
}

LogLevel reportable_level() { return static_cast<LogLevel>(tenon::log_level()); }

}  // namespace logging

void throw_error(const char* file, int line, const std::string& message) {
  throw tenon::Error(tenon::detail::concat(message, message.empty() ? "check failed" : "", " (",
                                           std::filesystem::path(file).filename().string(), ":",
                                           line, ")"));
}

nvinfer1::Dims toDims(c10::IntArrayRef sizes) {
  TENON_CHECK(sizes.size() <= nvinfer1::Dims::MAX_DIMS, "toDims: ", sizes.size(),
              " sizes, Dims hold at most ", int{nvinfer1::Dims::MAX_DIMS});
  nvinfer1::Dims dims;
  for (int64_t s : sizes) dims.d[dims.nbDims++] = s;
  return dims;
}

nvinfer1::Dims toDims(const c10::List<int64_t>& sizes) { return toDims(sizes.vec()); }

nvinfer1::Dims toDimsPad(c10::IntArrayRef sizes, uint64_t pad_to) {
  TENON_CHECK(pad_to <= nvinfer1::Dims::MAX_DIMS, "toDimsPad: ", pad_to,
              " dimensions wanted, Dims hold at most ", int{nvinfer1::Dims::MAX_DIMS});
  std::vector<int64_t> padded(std::max<size_t>(pad_to, sizes.size()), 1);
  std::copy(sizes.begin(), sizes.end(), padded.end() - static_cast<int64_t>(sizes.size()));
  return toDims(padded);
}

nvinfer1::Dims toDimsPad(const c10::List<int64_t>& sizes, uint64_t pad_to) {
  return toDimsPad(sizes.vec(), pad_to);
}

nvinfer1::Dims unpadDims(const nvinfer1::Dims& dims) {
  const std::vector<int64_t> sizes = toVec(dims);
  const auto first = std::find_if(sizes.begin(), sizes.end(), [](int64_t d) { return d != 1; });
  return toDims(std::vector<int64_t>(first, sizes.end()));
}

namespace {

/// 0 in a reshape copies the size at the same place, so it stands only before the changed one.
void copy_front(std::vector<int64_t>& sizes, int pos) {
  std::replace(sizes.begin(), sizes.begin() + pos, int64_t{-1}, int64_t{0});
}

void check_position(const char* what, int pos, int count) {
  TENON_CHECK(pos >= 0 && pos < count, what, ": position ", pos, ", wanted 0 to ", count - 1);
}

}  // namespace

nvinfer1::Dims squeezeDims(const nvinfer1::Dims& dims, int pos, bool use_zeros) {
  check_position("squeezeDims", pos, dims.nbDims);
  std::vector<int64_t> sizes = toVec(dims);
  sizes.erase(sizes.begin() + pos);
  if (use_zeros) copy_front(sizes, pos);
  return toDims(sizes);
}

nvinfer1::Dims unsqueezeDims(const nvinfer1::Dims& dims, int pos, int val, bool use_zeros) {
  check_position("unsqueezeDims", pos, dims.nbDims + 1);
  std::vector<int64_t> sizes = toVec(dims);
  sizes.insert(sizes.begin() + pos, val);
  if (use_zeros) copy_front(sizes, pos);
  return toDims(sizes);
}

std::vector<int64_t> toVec(const nvinfer1::Dims& dims) {
  TENON_CHECK(dims.nbDims >= 0 && dims.nbDims <= nvinfer1::Dims::MAX_DIMS, "nbDims is ",
              dims.nbDims, ", wanted 0 to ", int{nvinfer1::Dims::MAX_DIMS});
  return {dims.d, dims.d + dims.nbDims};
}

int64_t volume(const nvinfer1::Dims& dims) {
  int64_t product = 1;
  for (int64_t d : toVec(dims)) {
    TENON_CHECK(d >= 0, "volume: the dims ", toStr(dims), " have a size known only at run time");
    product *= d;
  }
  return product;
}

bool broadcastable(const nvinfer1::Dims& a, const nvinfer1::Dims& b, bool multidirectional) {
  if (!multidirectional && b.nbDims > a.nbDims) return false;
  for (int i = 1; i <= std::min(a.nbDims, b.nbDims); ++i) {
    const int64_t x = a.d[a.nbDims - i], y = b.d[b.nbDims - i];
    const bool unknown = x < 0 || y < 0;
    if (!unknown && x != y && y != 1 && !(multidirectional && x == 1)) return false;
  }
  return true;
}

std::string toStr(const nvinfer1::Dims& dims) { return tenon::detail::concat(dims); }

std::optional<nvinfer1::DataType> optScalarTypeToTRTDataType(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return nvinfer1::DataType::kFLOAT;
    case at::kHalf:
      return nvinfer1::DataType::kHALF;
    case at::kBFloat16:
      return nvinfer1::DataType::kBF16;
    case at::kDouble:
      return nvinfer1::DataType::kDOUBLE;
    case at::kChar:
      return nvinfer1::DataType::kINT8;
    case at::kByte:
      return nvinfer1::DataType::kUINT8;
    case at::kInt:
      return nvinfer1::DataType::kINT32;
    case at::kLong:
      return nvinfer1::DataType::kINT64;
    case at::kBool:
      return nvinfer1::DataType::kBOOL;
    case at::kFloat8_e4m3fn:
      return nvinfer1::DataType::kFP8;
    default:
      return std::nullopt;
  }
}

nvinfer1::DataType ScalarTypeToTRTDataType(at::ScalarType type) {
  const auto found = optScalarTypeToTRTDataType(type);
  TENON_CHECK(found, "torch's type ", c10::toString(type), " has no counterpart in an engine");
  return *found;
}

at::ScalarType TRTDataTypeToScalarType(nvinfer1::DataType type) {
  return tenon::torch_bridge::scalar_type(type);
}

std::optional<at::ScalarType> optTRTDataTypeToScalarType(nvinfer1::DataType type) {
  if (type == nvinfer1::DataType::kINT4) return std::nullopt;  // torch has none
  return tenon::torch_bridge::scalar_type(type);
}

std::string node_info(const torch::jit::Node* n) {
  std::string text = tenon::detail::concat(*n);
  text = text.substr(0, text.find(" #"));  // the place in the source follows
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

}  // namespace util
}  // namespace core
}  // namespace torch_tensorrt
