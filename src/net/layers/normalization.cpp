// SPDX-License-Identifier: Apache-2.0
#include "net/rules.h"

namespace tenon::net {

TENON_SHAPE_RULE("normalization") {
  want_float(n);
  const int64_t rank = n.get<int64_t>("rank");
  TENON_CHECK(rank >= 1 && rank <= static_cast<int64_t>(in_rank(n)), n.op, ": rank is ", rank,
              ", wanted 1 to the rank of input ", str(in_type(n)));
  const ir::SymShape normed(in_shape(n).end() - rank, in_shape(n).end());
  want_optional(n, 1, in_type(n).dtype, normed);
  want_optional(n, 2, in_type(n).dtype, normed);
  want_optional(n, 3, in_type(n).dtype, in_shape(n));
  return {in_type(n)};
}

TENON_SHAPE_RULE("group_norm") {
  want_float(n);
  want_rank(n, 0, 2, Dims::MAX_DIMS);
  const int64_t groups = n.get<int64_t>("groups"), channels = static_size(n, 0, 1);
  TENON_CHECK(groups >= 1 && channels % groups == 0, n.op, ": input ", str(in_type(n)), " has ",
              channels, " channels, wanted a multiple of groups ", groups);
  want_optional(n, 1, in_type(n).dtype, {channels});
  want_optional(n, 2, in_type(n).dtype, {channels});
  return {in_type(n)};
}

}  // namespace tenon::net
