// SPDX-License-Identifier: Apache-2.0
#include "convert/scalar.h"

#include <cmath>

#include "base/half.h"

namespace tenon::convert {
namespace {

template <typename T>
ir::ConstantPtr constant_as(DataType type, T value) {
  return ir::make_constant(type, {}, &value);
}

}  // namespace

ir::ConstantPtr integer_constant(int64_t v, DataType type) {
  switch (type) {
    case DataType::kINT8:
      return constant_as(type, static_cast<int8_t>(v));
    case DataType::kUINT8:
      return constant_as(type, static_cast<uint8_t>(v));
    case DataType::kINT32:
      return constant_as(type, static_cast<int32_t>(v));
    case DataType::kINT64:
      return constant_as(type, v);
    case DataType::kBOOL:
      return constant_as(type, static_cast<uint8_t>(v != 0));
    default:
      return scalar_constant(static_cast<double>(v), type);
  }
}

ir::ConstantPtr scalar_constant(double v, DataType type) {
  switch (type) {
    case DataType::kFLOAT:
      return constant_as(type, static_cast<float>(v));
    case DataType::kDOUBLE:
      return constant_as(type, v);
    case DataType::kHALF:
      return constant_as(type, float_to_half(static_cast<float>(v)));
    case DataType::kBF16:
      return constant_as(type, float_to_bf16(static_cast<float>(v)));
    case DataType::kBOOL:
      return constant_as(type, static_cast<uint8_t>(v != 0));
    case DataType::kINT8:
    case DataType::kUINT8:
    case DataType::kINT32:
    case DataType::kINT64:
      return integer_constant(static_cast<int64_t>(v), type);
    case DataType::kFP8:
    case DataType::kINT4:
      return nullptr;
  }
  return nullptr;
}

bool representable(double v, DataType type) {
  if (std::isnan(v) || std::isinf(v)) return true;
  switch (type) {
    case DataType::kHALF:
      return half_to_float(float_to_half(static_cast<float>(v))) == v;
    case DataType::kBF16:
      return bf16_to_float(float_to_bf16(static_cast<float>(v))) == v;
    default:
      return true;
  }
}

}  // namespace tenon::convert
