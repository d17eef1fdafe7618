// SPDX-License-Identifier: Apache-2.0
// Element types: tenon's and torch's.
#pragma once

#include <c10/core/ScalarType.h>

#include "base/error.h"
#include "tenon/types.h"

namespace tenon::torch_bridge {

inline at::ScalarType scalar_type(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
      return at::kFloat;
    case DataType::kHALF:
      return at::kHalf;
    case DataType::kINT8:
      return at::kChar;
    case DataType::kINT32:
      return at::kInt;
    case DataType::kBOOL:
      return at::kBool;
    case DataType::kUINT8:
      return at::kByte;
    case DataType::kFP8:
      return at::kFloat8_e4m3fn;
    case DataType::kBF16:
      return at::kBFloat16;
    case DataType::kINT64:
      return at::kLong;
    case DataType::kDOUBLE:
      return at::kDouble;
    case DataType::kINT4:
      break;
  }
  throw Error(detail::concat("an engine binding of type ", name_of(type), " has no torch type"));
}

/// The name of a type as an attribute of the torch module: "float32", "int64", ...
inline const char* torch_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "float32";
    case at::kHalf:
      return "float16";
    case at::kChar:
      return "int8";
    case at::kInt:
      return "int32";
    case at::kBool:
      return "bool";
    case at::kByte:
      return "uint8";
    case at::kFloat8_e4m3fn:
      return "float8_e4m3fn";
    case at::kBFloat16:
      return "bfloat16";
    case at::kLong:
      return "int64";
    case at::kDouble:
      return "float64";
    default:
      return c10::toString(type);
  }
}

}  // namespace tenon::torch_bridge
