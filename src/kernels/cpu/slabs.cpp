// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/slabs.h"

#include "net/layer.h"

namespace tenon::kernels::cpu {

std::vector<bool> reduced_dims(const Problem& p) {
  const size_t rank = p.in[0].shape.size();
  std::vector<bool> r(rank, false);
  if (p.layer->op == "adaptive_pooling") {
    for (size_t d = rank - attr_ints(p, "output_size").size(); d < rank; ++d) r[d] = true;
    return r;
  }
  for (int64_t axis : attr_ints(p, "axes"))
    r[static_cast<size_t>(net::wrap_axis(axis, rank))] = true;
  return r;
}

Slabs slabs_along(const TensorDesc& x, int64_t axis) {
  const int64_t total = x.elements();
  if (x.shape.empty() || total == 0) return {total, 1, 1};
  const auto a = static_cast<size_t>(net::wrap_axis(axis, x.shape.size()));
  Slabs s;
  s.axis = x.shape[a];
  s.inner = x.strides()[a];  // in every layout, what lies inside one step of the axis
  s.outer = total / s.axis / s.inner;
  return s;
}

Ints kept_strides(const TensorDesc& y, const std::vector<bool>& reduced) {
  const Ints own = y.strides();
  const bool kept_dims = own.size() == reduced.size();
  Ints s(reduced.size(), 0);
  for (size_t d = 0, o = 0; d < reduced.size(); ++d) {
    if (!reduced[d]) s[d] = own[kept_dims ? d : o++];
  }
  return s;
}

std::optional<Slabs> slabs_reduced(const TensorDesc& x, const TensorDesc& y,
                                   const std::vector<bool>& reduced) {
  const Space s = make_space(x.shape, {x.strides(), kept_strides(y, reduced)});
  const Ints& out = s.strides[1];
  const size_t n = s.dims.size();
  Slabs v;
  size_t d = 0;
  int64_t outer_stride = -1;
  if (d < n && out[d] != 0) v.outer = s.dims[d], outer_stride = out[d++];
  if (d < n && out[d] == 0) v.axis = s.dims[d++];
  if (d < n && out[d] != 0) {
    v.inner = s.dims[d];
    if (out[d++] != 1) return std::nullopt;
  }
  if (d != n || (outer_stride != -1 && outer_stride != v.inner)) return std::nullopt;
  return v;
}

}  // namespace tenon::kernels::cpu
