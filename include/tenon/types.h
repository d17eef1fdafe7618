// SPDX-License-Identifier: Apache-2.0
// Basic public types of the engine: element types and fixed-capacity dimensions. The spelling and
// the numeric values follow nvinfer1, which users of the network API already know.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(_WIN32)
#define TENON_API
#else
#define TENON_API __attribute__((visibility("default")))
#endif

namespace tenon {

/// Element type of a tensor. Values 0..9 equal nvinfer1::DataType; kDOUBLE is ours.
enum class DataType : int32_t {
  kFLOAT = 0,
  kHALF = 1,
  kINT8 = 2,
  kINT32 = 3,
  kBOOL = 4,
  kUINT8 = 5,
  kFP8 = 6,
  kBF16 = 7,
  kINT64 = 8,
  kINT4 = 9,
  kDOUBLE = 100,
};

/// Bytes of one element. Sub-byte types (kINT4) return 0: they have no addressable element.
constexpr size_t size_of(DataType t) {
  switch (t) {
    case DataType::kFLOAT:
    case DataType::kINT32:
      return 4;
    case DataType::kHALF:
    case DataType::kBF16:
      return 2;
    case DataType::kINT8:
    case DataType::kBOOL:
    case DataType::kUINT8:
    case DataType::kFP8:
      return 1;
    case DataType::kINT64:
    case DataType::kDOUBLE:
      return 8;
    case DataType::kINT4:
      return 0;
  }
  return 0;
}

/// Short name used in text forms and messages: "f32", "f16", "i64", "bool", ...
TENON_API const char* name_of(DataType t);

/// At most eight dimensions; in the network API -1 stands for a size known only at run time.
struct Dims {
  static constexpr int32_t MAX_DIMS = 8;
  int32_t nbDims = 0;
  int64_t d[MAX_DIMS] = {};
};

}  // namespace tenon
