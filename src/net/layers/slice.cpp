// SPDX-License-Identifier: Apache-2.0
// Layers that move parts of tensors.
#include "net/rules.h"

namespace tenon::net {

TENON_SHAPE_RULE("concatenation") {
  const size_t axis = axis_of(n);
  ir::SymShape out = in_shape(n);
  for (size_t i = 1; i < n.inputs.size(); ++i) {
    want_dtype(n, i, in_type(n).dtype);
    want_rank(n, i, out.size(), out.size());
    ir::SymShape wanted = in_shape(n);
    wanted[axis] = in_shape(n, i)[axis];
    TENON_CHECK(in_shape(n, i) == wanted, n.op, ": ", input_name(n, i), " is ", str(in_type(n, i)),
                ", wanted the sizes of inputs[0] ", str(in_type(n)), " except along axis ", axis);
    out[axis] = out[axis] + wanted[axis];
  }
  return {tensor(in_type(n).dtype, out)};
}

namespace {

/// start <= every index read < size, as far as the sizes are known.
void check_bounds(const ir::Node& n, size_t d, const ir::SymDim& in, const ir::SymDim& start,
                  const ir::SymDim& size, int64_t stride) {
  TENON_CHECK(stride != 0, n.op, ": stride of dim ", d, " is 0");
  TENON_CHECK(!size.is_const() || size.value() >= 0, n.op, ": size of dim ", d, " is ", size.str(),
              ", wanted at least 0");
  if (size == ir::SymDim(0)) return;
  for (const ir::SymDim& index : {start, start + (size - 1) * stride}) {
    const ir::SymDim left = in - 1 - index;
    const bool low = index.is_const() && index.value() < 0;
    const bool high = left.is_const() && left.value() < 0;
    TENON_CHECK(!low && !high, n.op, ": start ", start.str(), ", size ", size.str(), ", stride ",
                stride, " read index ", index.str(), " of dim ", d, " of input ", str(in_type(n)));
  }
}

}  // namespace

TENON_SHAPE_RULE("slice") {
  const auto &start = n.get<ir::SymShape>("start"), &size = n.get<ir::SymShape>("size");
  const size_t rank = in_rank(n);
  TENON_CHECK(start.size() == rank && size.size() == rank, n.op, ": start ", str(start),
              " and size ", str(size), ", wanted one value for each dim of input ",
              str(in_type(n)));
  const Ints& list = ints(n, "stride");
  TENON_CHECK(list.empty() || list.size() == rank, n.op, ": stride has ", list.size(),
              " values, wanted none or ", rank);
  const Ints stride = expanded(list, rank, 1);
  for (size_t d = 0; d < rank; ++d)
    check_bounds(n, d, in_shape(n)[d], start[d], size[d], stride[d]);
  return {tensor(in_type(n).dtype, size)};
}

namespace {

/// How far a mode can reach outside: reflect leaves the edge out, circular wraps once.
void check_pad(const ir::Node& n, size_t d, int64_t pad) {
  const std::string& mode = text(n, "mode");
  if (mode == "constant") return;
  TENON_CHECK(pad >= 0, n.op, ": padding ", pad, " of dim ", d, ", wanted at least 0 in mode ",
              mode);
  const ir::SymDim& size = in_shape(n)[d];
  if (mode == "replicate" || !size.is_const()) return;
  const int64_t most = mode == "reflect" ? size.value() - 1 : size.value();
  TENON_CHECK(pad == 0 || pad <= most, n.op, ": padding ", pad, " of dim ", d, " of input ",
              str(in_type(n)), ", wanted at most ", most, " in mode ", mode);
}

}  // namespace

TENON_SHAPE_RULE("padding") {
  want_word(n, "mode", {"constant", "reflect", "replicate", "circular"});
  const int64_t any = INT64_MIN;
  const Ints pre = list_of(n, "pre_padding", in_rank(n), 0, any);
  const Ints post = list_of(n, "post_padding", in_rank(n), 0, any);
  ir::SymShape out = in_shape(n);
  for (size_t d = 0; d < out.size(); ++d) {
    check_pad(n, d, pre[d]);
    check_pad(n, d, post[d]);
    out[d] = out[d] + pre[d] + post[d];
    TENON_CHECK(!out[d].is_const() || out[d].value() >= 0, n.op, ": padding ", pre[d], " and ",
                post[d], " of dim ", d, " of input ", str(in_type(n)), " leaves size ",
                out[d].str());
  }
  return {tensor(in_type(n).dtype, out)};
}

}  // namespace tenon::net
