// SPDX-License-Identifier: Apache-2.0
// Layers without inputs: fill, range, size_of.
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

Run prepare_fill(const Problem& p) {
  return [y = p.out[0], value = attr_float(p, "value", 0)](const Call& call) {
    guarded_for(y.elements(), 4096, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) store_double(y.dtype, call.out[0], i, value);
    });
  };
}

Run prepare_range(const Problem& p) {
  return [y = p.out[0], start = attr_float(p, "start", 0),
          step = attr_float(p, "step", 1)](const Call& call) {
    const int64_t first = static_cast<int64_t>(start), stride = static_cast<int64_t>(step);
    for (int64_t i = 0; i < y.elements(); ++i) {
      if (is_float(y.dtype))
        store_double(y.dtype, call.out[0], i, start + static_cast<double>(i) * step);
      else
        store_int(y.dtype, call.out[0], i, first + i * stride);
    }
  };
}

Run prepare_size_of(const Problem& p) {
  const Shape size = attr_sizes(p, "size");
  TENON_CHECK(size.size() == 1, "size_of gives one size; seen ", str(size));
  return [value = size[0], t = p.out[0].dtype](const Call& call) {
    store_int(t, call.out[0], 0, value);
  };
}

const RegisterReference kFill{"fill", any_dtype, prepare_fill};
const RegisterReference kRange{"range", any_dtype, prepare_range};
const RegisterReference kSizeOf{"size_of", any_dtype, prepare_size_of};

}  // namespace

}  // namespace tenon::kernels::reference
