// SPDX-License-Identifier: Apache-2.0
#include "net/rules.h"

namespace tenon::net {
namespace {

/// `shape` with dims [first, first + count) replaced by `by`.
ir::SymShape replaced(const ir::SymShape& shape, size_t first, size_t count,
                      const ir::SymShape& by) {
  ir::SymShape out(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(first));
  out.insert(out.end(), by.begin(), by.end());
  out.insert(out.end(), shape.begin() + static_cast<std::ptrdiff_t>(first + count), shape.end());
  return out;
}

ir::SymShape gathered_elements(const ir::Node& n, size_t axis) {
  const ir::SymShape &data = in_shape(n, 0), &indices = in_shape(n, 1);
  want_rank(n, 1, data.size(), data.size());
  for (size_t d = 0; d < data.size(); ++d) {
    const ir::SymDim left = data[d] - indices[d];
    TENON_CHECK(d == axis || (left.is_const() && left.value() >= 0), n.op, ": indices is ",
                str(in_type(n, 1)), ", wanted sizes of at most those of data ", str(in_type(n, 0)),
                " except along axis ", axis);
  }
  return indices;
}

}  // namespace

TENON_SHAPE_RULE("gather") {
  want_word(n, "mode", {"default", "element"});
  want_index(n, 1);
  const size_t axis = axis_of(n);
  const ir::SymShape out = text(n, "mode") == "element"
                               ? gathered_elements(n, axis)
                               : replaced(in_shape(n, 0), axis, 1, in_shape(n, 1));
  return {tensor(in_type(n).dtype, out)};
}

TENON_SHAPE_RULE("gather_nd") {
  const int64_t first = n.get<int64_t>("first_axis");
  const size_t count = n.inputs.size() - 1;
  TENON_CHECK(first >= 0 && static_cast<size_t>(first) + count <= in_rank(n), n.op, ": first_axis ",
              first, " with ", count, " index tensors, wanted axes of data ", str(in_type(n)));
  ir::SymShape indices;
  for (size_t i = 1; i <= count; ++i) {
    want_index(n, i);
    indices = broadcast(indices, in_shape(n, i));
  }
  return {
      tensor(in_type(n).dtype, replaced(in_shape(n), static_cast<size_t>(first), count, indices))};
}

}  // namespace tenon::net
