// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

Run prepare(const Problem& p) {
  const size_t axis = net::wrap_axis(attr_int(p, "axis", 1), p.in[0].shape.size());
  return [axis, x = p.in[0], s = p.in[1], b = p.in[2], y = p.out[0]](const Call& call) {
    for_positions(y.shape, {x.strides(), y.strides()}, [&](const Walker& w) {
      const int64_t c = w.index()[axis];
      const double v = load_double(x.dtype, call.in[0], w.offset(0));
      const double scaled = v * load_double(s.dtype, call.in[1], c);
      store_double(y.dtype, call.out[0], w.offset(1), scaled + load_double(b.dtype, call.in[2], c));
    });
  };
}

const RegisterReference kRegister{"scale", float_dtypes, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
