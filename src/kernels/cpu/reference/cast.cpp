// SPDX-License-Identifier: Apache-2.0
// cast, and the two layers that only move elements between layouts: identity and reorder.
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

Run prepare_cast(const Problem& p) {
  return [x = p.in[0], y = p.out[0]](const Call& call) {
    for_positions(y.shape, {x.strides(), y.strides()}, [&](const Walker& w) {
      if (is_float(x.dtype)) {
        store_double(y.dtype, call.out[0], w.offset(1),
                     load_double(x.dtype, call.in[0], w.offset(0)));
      } else {
        store_int(y.dtype, call.out[0], w.offset(1), load_int(x.dtype, call.in[0], w.offset(0)));
      }
    });
  };
}

Run prepare_copy(const Problem& p) {
  return [x = p.in[0], y = p.out[0]](const Call& call) {
    copy_elements(size_of(y.dtype), y.shape, call.in[0], x.strides(), call.out[0], y.strides());
  };
}

const RegisterReference kCast{"cast", any_dtype, prepare_cast};
const RegisterReference kIdentity{"identity", any_dtype, prepare_copy};
const RegisterReference kReorder{"reorder", any_dtype, prepare_copy};

}  // namespace

}  // namespace tenon::kernels::reference
