// SPDX-License-Identifier: Apache-2.0
// shuffle: element number L of the transposed input is element number L of the reshaped tensor;
// both sides are walked in that order. expand: a broadcast copy.
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

Shape pick(const Shape& from, const Shape& perm) {
  if (perm.empty()) return from;
  Shape to(perm.size());
  for (size_t d = 0; d < perm.size(); ++d) to[d] = from.at(perm[d]);
  return to;
}

Shape inverse(const Shape& perm) {
  Shape inv(perm.size());
  for (size_t d = 0; d < perm.size(); ++d) inv.at(perm[d]) = static_cast<int64_t>(d);
  return inv;
}

Run prepare_shuffle(const Problem& p) {
  const TensorDesc &x = p.in[0], &y = p.out[0];
  TENON_CHECK(x.elements() == y.elements(), "shuffle of ", x.elements(), " elements to ",
              str(y.shape));
  const Shape first = attr_ints(p, "first_transpose");
  const Shape back = inverse(attr_ints(p, "second_transpose"));
  const std::vector<Shape> from{pick(x.strides(), first)}, to{pick(y.strides(), back)};
  const Shape from_shape = pick(x.shape, first), to_shape = pick(y.shape, back);
  const size_t size = size_of(y.dtype);
  return [=, n = y.elements()](const Call& call) {
    guarded_for(n, 4096, [&](int64_t begin, int64_t end) {
      Walker in(from_shape, from, begin), out(to_shape, to, begin);
      for (int64_t i = begin; i < end; ++i, in.next(), out.next()) {
        copy_element(size, call.in[0], in.offset(0), call.out[0], out.offset(0));
      }
    });
  };
}

Run prepare_expand(const Problem& p) {
  const TensorDesc& y = p.out[0];
  return [size = size_of(y.dtype), shape = y.shape, from = broadcast_strides(p.in[0], y.shape),
          to = y.strides()](const Call& call) {
    copy_elements(size, shape, call.in[0], from, call.out[0], to);
  };
}

const RegisterReference kShuffle{"shuffle", any_dtype, prepare_shuffle};
const RegisterReference kExpand{"expand", any_dtype, prepare_expand};

}  // namespace

}  // namespace tenon::kernels::reference
