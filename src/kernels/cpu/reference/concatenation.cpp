// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

char* advance(void* base, int64_t elements, size_t element_size) {
  return static_cast<char*>(base) + elements * static_cast<int64_t>(element_size);
}

Run prepare(const Problem& p) {
  const size_t axis = net::wrap_axis(attr_int(p, "axis", 0), p.out[0].shape.size());
  return [axis, in = p.in, y = p.out[0]](const Call& call) {
    const Shape strides = y.strides();
    const size_t size = size_of(y.dtype);
    int64_t at = 0;
    for (size_t i = 0; i < in.size(); at += in[i++].shape[axis]) {
      copy_elements(size, in[i].shape, call.in[i], in[i].strides(),
                    advance(call.out[0], at * strides[axis], size), strides);
    }
  };
}

const RegisterReference kRegister{"concatenation", any_dtype, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
