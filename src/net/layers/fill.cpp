// SPDX-License-Identifier: Apache-2.0
// Layers without inputs.
#include "net/rules.h"

namespace tenon::net {
namespace {

void check_sizes(const ir::Node& n, const char* attr) {
  for (const ir::SymDim& d : n.get<ir::SymShape>(attr))
    TENON_CHECK(!d.is_const() || d.value() >= 0, n.op, ": ", attr, " contains ", d.str(),
                ", wanted at least 0");
}

const ir::SymDim& one_size(const ir::Node& n) {
  const auto& size = n.get<ir::SymShape>("size");
  TENON_CHECK(size.size() == 1, n.op, ": size is ", str(size), ", wanted one value");
  return size[0];
}

}  // namespace

TENON_SHAPE_RULE("fill") {
  check_sizes(n, "dims");
  const DataType to = n.get<DataType>("to");
  TENON_CHECK(is_float(to) || is_integer(to) || to == DataType::kBOOL, n.op, ": to is ",
              name_of(to), ", which no layer computes in");
  return {tensor(to, n.get<ir::SymShape>("dims"))};
}

TENON_SHAPE_RULE("range") {
  check_sizes(n, "size");
  const DataType to = n.get<DataType>("to");
  TENON_CHECK(is_float(to) || is_integer(to), n.op, ": to is ", name_of(to),
              ", wanted a floating-point or integer type");
  return {tensor(to, {one_size(n)})};
}

TENON_SHAPE_RULE("size_of") {
  one_size(n);
  return {tensor(DataType::kINT64, {})};
}

}  // namespace tenon::net
