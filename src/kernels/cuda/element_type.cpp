// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/element_type.h"

namespace tenon::kernels {

const char* device_type(DataType t) {
  switch (t) {
    case DataType::kFLOAT:
      return "f32";
    case DataType::kHALF:
      return "f16";
    case DataType::kBF16:
      return "bf16";
    case DataType::kDOUBLE:
      return "f64";
    case DataType::kINT64:
      return "i64";
    case DataType::kINT32:
      return "i32";
    case DataType::kINT8:
      return "i8";
    case DataType::kUINT8:
    case DataType::kBOOL:
      return "u8";
    default:
      return nullptr;
  }
}

bool is_device_float(DataType t) {
  return t == DataType::kFLOAT || t == DataType::kHALF || t == DataType::kBF16;
}

}  // namespace tenon::kernels
