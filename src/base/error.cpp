// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <sstream>

namespace tenon {

const char* name_of(DataType t) {
  switch (t) {
    case DataType::kFLOAT:
      return "f32";
    case DataType::kHALF:
      return "f16";
    case DataType::kINT8:
      return "i8";
    case DataType::kINT32:
      return "i32";
    case DataType::kBOOL:
      return "bool";
    case DataType::kUINT8:
      return "u8";
    case DataType::kFP8:
      return "f8";
    case DataType::kBF16:
      return "bf16";
    case DataType::kINT64:
      return "i64";
    case DataType::kINT4:
      return "i4";
    case DataType::kDOUBLE:
      return "f64";
  }
  return "?";
}

namespace detail {
std::string join(std::initializer_list<Part> parts) {
  std::ostringstream out;
  for (const Part& part : parts) part.print(out);
  return out.str();
}

void assert_failed(const char* condition, const char* file, int line, const std::string& message) {
  throw Error(concat("internal error at ", file, ":", line, ": ", condition, " does not hold. ",
                     message, message.empty() ? "" : " ", "Please report this."));
}
}  // namespace detail
}  // namespace tenon
