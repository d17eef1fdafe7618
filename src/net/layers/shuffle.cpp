// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "net/rules.h"

namespace tenon::net {
namespace {

ir::SymShape transposed(const ir::Node& n, const char* attr, const ir::SymShape& shape) {
  const Ints& perm = ints(n, attr);
  if (perm.empty()) return shape;
  Ints sorted = perm, all(shape.size());
  std::sort(sorted.begin(), sorted.end());
  std::iota(all.begin(), all.end(), 0);
  TENON_CHECK(sorted == all, n.op, ": ", attr, " is ", str(ir::Attr(perm)),
              ", wanted a permutation of ", shape.size(), " dims of ", str(shape));
  ir::SymShape out;
  for (int64_t d : perm) out.push_back(shape[static_cast<size_t>(d)]);
  return out;
}

ir::SymShape reshaped(const ir::Node& n, const ir::SymShape& shape) {
  const auto& dims = n.get<ir::SymShape>("reshape_dims");
  if (!n.get<bool>("has_reshape")) {
    TENON_CHECK(dims.empty(), n.op, ": reshape_dims is ", str(dims), ", but has_reshape is false");
    return shape;
  }
  for (const ir::SymDim& d : dims)
    TENON_CHECK(!d.is_const() || d.value() >= 0, n.op, ": reshape_dims is ", str(dims),
                ", wanted sizes of at least 0");
  TENON_CHECK(volume(shape) == volume(dims), n.op, ": cannot reshape ", str(shape), " (",
              volume(shape).str(), " elements) to ", str(dims), " (", volume(dims).str(),
              " elements)");
  return dims;
}

}  // namespace

TENON_SHAPE_RULE("shuffle") {
  const ir::SymShape first = transposed(n, "first_transpose", in_shape(n));
  return {tensor(in_type(n).dtype, transposed(n, "second_transpose", reshaped(n, first)))};
}

TENON_SHAPE_RULE("expand") {
  const auto& dims = n.get<ir::SymShape>("dims");
  const ir::SymShape& in = in_shape(n);
  TENON_CHECK(dims.size() >= in.size(), n.op, ": input is ", str(in_type(n)),
              ", which has more dims than ", str(dims));
  for (size_t i = 0; i < in.size(); ++i) {
    const ir::SymDim& to = dims[dims.size() - in.size() + i];
    TENON_CHECK(in[i] == to || in[i] == ir::SymDim(1), n.op, ": input is ", str(in_type(n)),
                ", size ", i, " is ", in[i].str(), ", wanted 1 or ", to.str(), " to expand to ",
                str(dims));
  }
  for (const ir::SymDim& d : dims)
    TENON_CHECK(!d.is_const() || d.value() >= 0, n.op, ": dims is ", str(dims),
                ", wanted sizes of at least 0");
  return {tensor(in_type(n).dtype, dims)};
}

}  // namespace tenon::net
