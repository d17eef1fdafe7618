// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/lines.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tenon::kernels::reference {

Lines::Lines(const TensorDesc& desc, int64_t axis) : dtype_(desc.dtype), strides_(1) {
  if (desc.shape.empty()) return;
  const size_t at = static_cast<size_t>(net::wrap_axis(axis, desc.shape.size()));
  const Shape strides = desc.strides();
  for (size_t d = 0; d < desc.shape.size(); ++d) {
    if (d == at) continue;
    others_.push_back(desc.shape[d]);
    strides_[0].push_back(strides[d]);
  }
  length_ = desc.shape[at];
  step_ = strides[at];
}

template <typename A>
std::vector<int64_t> ranking(const std::vector<A>& values, bool largest, int64_t how_many) {
  auto less = [](A a, A b) {
    if constexpr (std::is_same_v<A, double>)
      return a < b || (std::isnan(b) && !std::isnan(a));
    else
      return a < b;
  };
  auto before = [&](int64_t i, int64_t j) {
    const A a = values[i], b = values[j];
    if (largest ? less(b, a) : less(a, b)) return true;
    return !(largest ? less(a, b) : less(b, a)) && i < j;
  };
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::partial_sort(order.begin(), order.begin() + how_many, order.end(), before);
  order.resize(how_many);
  return order;
}

template std::vector<int64_t> ranking(const std::vector<double>&, bool, int64_t);
template std::vector<int64_t> ranking(const std::vector<int64_t>&, bool, int64_t);

}  // namespace tenon::kernels::reference
