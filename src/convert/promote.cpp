// SPDX-License-Identifier: Apache-2.0
// torch's type promotion: tensors with dimensions outrank 0-d tensors, which outrank Python
// numbers; a lower rank changes the result only if its category (bool < int < float) is higher.
#include "convert/promote.h"

#include "convert/converter.h"

namespace tenon::convert {
namespace {

int category(DataType t) { return t == DataType::kBOOL ? 0 : is_float(t) ? 2 : 1; }

int int_width(DataType t) { return t == DataType::kINT64 ? 3 : t == DataType::kINT32 ? 2 : 1; }

DataType wider_float(DataType a, DataType b) {
  for (DataType t : {DataType::kDOUBLE, DataType::kFLOAT})
    if (a == t || b == t) return t;
  return DataType::kFLOAT;  // half and bfloat16
}

DataType wider_int(DataType a, DataType b) {
  if (int_width(a) != int_width(b)) return int_width(a) > int_width(b) ? a : b;
  return DataType::kINT32;  // torch says int16 for int8 and uint8; bind() then reports the
                            // difference
}

}  // namespace

bool is_float(DataType t) {
  return t == DataType::kFLOAT || t == DataType::kHALF || t == DataType::kBF16 ||
         t == DataType::kDOUBLE || t == DataType::kFP8;
}

bool is_integer(DataType t) { return t != DataType::kBOOL && !is_float(t); }

DataType promote_types(DataType a, DataType b) {
  if (a == b) return a;
  if (category(a) != category(b)) return category(a) > category(b) ? a : b;
  return category(a) == 2 ? wider_float(a, b) : wider_int(a, b);
}

std::optional<DataType> combine_ranks(std::optional<DataType> higher,
                                      std::optional<DataType> lower) {
  if (!higher || !lower) return higher ? higher : lower;
  return category(*lower) > category(*higher) ? lower : higher;
}

DataType Ctx::promote(const ir::Type& a, const ir::Type& b) {
  if (a.shape.empty() == b.shape.empty()) return promote_types(a.dtype, b.dtype);
  return a.shape.empty() ? *combine_ranks(b.dtype, a.dtype) : *combine_ranks(a.dtype, b.dtype);
}

DataType Ctx::promote_number(const ir::Type& a, bool number_is_float, bool number_is_bool) {
  const DataType number = number_is_float  ? DataType::kFLOAT
                          : number_is_bool ? DataType::kBOOL
                                           : DataType::kINT64;
  return *combine_ranks(a.dtype, number);
}

}  // namespace tenon::convert
