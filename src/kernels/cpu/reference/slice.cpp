// SPDX-License-Identifier: Apache-2.0
// out[i] = in[start + i * stride]; strides may be negative.
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

Run prepare(const Problem& p) {
  const TensorDesc &x = p.in[0], &y = p.out[0];
  const size_t rank = x.shape.size();
  const Shape start = attr_sizes(p, "start"), stride = attr_ints(p, "stride", rank, 1);
  TENON_CHECK(start.size() == rank, "slice start ", str(start), " for rank ", rank);
  Shape from = x.strides();
  int64_t first = 0;
  for (size_t d = 0; d < rank; ++d) {
    const int64_t last = start[d] + (y.shape[d] - 1) * stride[d];
    TENON_CHECK(y.elements() == 0 ||
                    (start[d] >= 0 && start[d] < x.shape[d] && last >= 0 && last < x.shape[d]),
                "slice of dim ", d, " reads ", start[d], " to ", last, " of ", x.shape[d]);
    first += start[d] * from[d];
    from[d] *= stride[d];
  }
  const int64_t shift = y.elements() == 0 ? 0 : first * static_cast<int64_t>(size_of(x.dtype));
  return [size = size_of(x.dtype), shape = y.shape, shift, from,
          to = y.strides()](const Call& call) {
    copy_elements(size, shape, static_cast<const char*>(call.in[0]) + shift, from, call.out[0], to);
  };
}

const RegisterReference kRegister{"slice", any_dtype, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
