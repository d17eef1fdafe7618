// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/spatial.h"

#include <algorithm>

namespace tenon::kernels::reference {

Three three(const std::vector<int64_t>& list, int64_t value) {
  Three t{value, value, value};
  std::copy(list.begin(), list.end(), t.end() - list.size());
  return t;
}

Three last_dims(const Shape& shape, size_t n) {
  return three(Shape(shape.end() - static_cast<int64_t>(n), shape.end()), 1);
}

Window make_window(const Problem& p, const std::vector<int64_t>& kernel) {
  const size_t n = kernel.size();
  Window w;
  w.in = last_dims(p.in[0].shape, n);
  w.out = last_dims(p.out[0].shape, n);
  w.kernel = three(kernel, 1);
  w.stride = three(attr_ints(p, "stride", n, 1), 1);
  w.pre = three(attr_ints(p, "pre_padding", n, 0), 0);
  w.post = three(attr_ints(p, "post_padding", n, 0), 0);
  w.dilation = three(attr_ints(p, "dilation", n, 1), 1);
  return w;
}

Support spatial_rank(const Problem& p) {
  const size_t rank = p.in[0].shape.size();
  if (rank < 3 || rank > 5) {
    return Support::no("rank " + std::to_string(rank) + "; wanted 3 to 5: [N, C, spatial...]");
  }
  return Support::yes();
}

}  // namespace tenon::kernels::reference
