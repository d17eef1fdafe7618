// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

Support supports(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  if (p.in[1].dtype != p.in[2].dtype || p.in[1].dtype != p.out[0].dtype) {
    return Support::no("the dtypes of the choices and the output differ");
  }
  return Support::yes();
}

Run prepare(const Problem& p) {
  return [cond = p.in[0], a = p.in[1], b = p.in[2], y = p.out[0]](const Call& call) {
    const std::vector<Shape> strides{broadcast_strides(cond, y.shape),
                                     broadcast_strides(a, y.shape), broadcast_strides(b, y.shape),
                                     y.strides()};
    for_positions(y.shape, strides, [&](const Walker& w) {
      const int chosen = load_double(cond.dtype, call.in[0], w.offset(0)) != 0 ? 1 : 2;
      copy_element(size_of(y.dtype), call.in[chosen], w.offset(chosen), call.out[0], w.offset(3));
    });
  };
}

const RegisterReference kRegister{"select", supports, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
