// SPDX-License-Identifier: Apache-2.0
#include "net/rules.h"

namespace tenon::net {
namespace {

void check_mode(const ir::Node& n, size_t count) {
  want_word(n, "mode", {"nearest", "linear", "cubic"});
  const std::string& mode = text(n, "mode");
  mode == "nearest" ? want_number(n) : want_float(n);
  TENON_CHECK(mode != "cubic" || count == 2, n.op, ": mode cubic over ", count, " dims, wanted 2");
  TENON_CHECK(mode != "nearest" || !n.get<bool>("align_corners"), n.op,
              ": align_corners is true, wanted false in mode nearest");
}

}  // namespace

TENON_SHAPE_RULE("resize") {
  const auto& size = n.get<ir::SymShape>("output_size");
  const auto& scales = n.get<std::vector<double>>("scales");
  TENON_CHECK(size.size() >= 1 && size.size() <= 3, n.op, ": output_size is ", str(size),
              ", wanted 1 to 3 sizes");
  check_mode(n, size.size());
  want_rank(n, 0, size.size() + 2, size.size() + 2);
  TENON_CHECK(scales.empty() || scales.size() == size.size(), n.op, ": scales has ", scales.size(),
              " values, wanted none or ", size.size());
  ir::SymShape out = {in_shape(n)[0], in_shape(n)[1]};
  for (const ir::SymDim& d : size) {
    TENON_CHECK(!d.is_const() || d.value() >= 1, n.op, ": output_size is ", str(size),
                ", wanted sizes of at least 1");
    out.push_back(d);
  }
  return {tensor(in_type(n).dtype, out)};
}

}  // namespace tenon::net
