// SPDX-License-Identifier: Apache-2.0
// One element of a constant's data as double, whatever its type. Inline, because folding calls them
// once an element. Pure functions.
#pragma once

#include <cstddef>

#include "base/error.h"
#include "base/half.h"
#include "tenon/types.h"

namespace tenon {

/// Throws Error for types that are not read as numbers (FP8, INT4).
inline double load_element(const void* data, DataType type, size_t i) {
  switch (type) {
    case DataType::kFLOAT:
      return static_cast<const float*>(data)[i];
    case DataType::kDOUBLE:
      return static_cast<const double*>(data)[i];
    case DataType::kHALF:
      return half_to_float(static_cast<const uint16_t*>(data)[i]);
    case DataType::kBF16:
      return bf16_to_float(static_cast<const uint16_t*>(data)[i]);
    case DataType::kINT64:
      return static_cast<double>(static_cast<const int64_t*>(data)[i]);
    case DataType::kINT32:
      return static_cast<const int32_t*>(data)[i];
    case DataType::kINT8:
      return static_cast<const int8_t*>(data)[i];
    case DataType::kUINT8:
    case DataType::kBOOL:
      return static_cast<const uint8_t*>(data)[i];
    default:
      throw Error(
          detail::concat("constants of type ", name_of(type), " cannot be read as numbers"));
  }
}

/// Rounds `value` to one of the floating point types.
inline void store_float_element(void* data, DataType type, size_t i, double value) {
  const float single = static_cast<float>(value);
  switch (type) {
    case DataType::kFLOAT:
      static_cast<float*>(data)[i] = single;
      return;
    case DataType::kDOUBLE:
      static_cast<double*>(data)[i] = value;
      return;
    case DataType::kHALF:
      static_cast<uint16_t*>(data)[i] = float_to_half(single);
      return;
    case DataType::kBF16:
      static_cast<uint16_t*>(data)[i] = float_to_bf16(single);
      return;
    default:
      TENON_ASSERT(false, name_of(type), " is no floating point type");
  }
}

}  // namespace tenon
