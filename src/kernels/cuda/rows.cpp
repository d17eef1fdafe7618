// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/rows.h"

#include <algorithm>

#include "kernels/cuda/code.h"

namespace tenon::kernels::rows {

CUfunction function(const Problem& p, const char* file, std::vector<std::string> defines,
                    const std::string& name) {
  TENON_ASSERT(p.target && p.target->code, "a CUDA kernel needs a CUDA target");
  return p.target->code->function({file, std::string(source_file(file)), std::move(defines)}, name);
}

std::vector<SourceVariant> variants(const char* file, std::initializer_list<const char*> types,
                                    const std::vector<std::string>& more) {
  std::vector<SourceVariant> all;
  for (const char* type : types) {
    SourceVariant v{file, {std::string("T=") + type}};
    v.defines.insert(v.defines.end(), more.begin(), more.end());
    all.push_back(std::move(v));
  }
  return all;
}

Support one_real_type(const Problem& p) {
  const DataType t = p.in[0].dtype;
  if (!is_device_float(t)) return Support::no(std::string("no CUDA kernel for ") + name_of(t));
  for (const TensorDesc& d : p.in) {
    if (!d.present) continue;
    if (d.dtype != t) return Support::no("operands of different types");
    if (!d.format.empty()) return Support::no("packed operand");
  }
  return p.out[0].dtype == t ? Support::yes() : Support::no("a result of another type");
}

bool same_order(const TensorDesc& a, const TensorDesc& b) {
  return a.layout == b.layout || std::max(a.shape.size(), b.shape.size()) < 3;
}

bool aligned(std::initializer_list<const void*> pointers) {
  return std::all_of(pointers.begin(), pointers.end(),
                     [](const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; });
}

int64_t power_of_two_from(int64_t n) {
  int64_t p = 1;
  while (p < n) p *= 2;
  return p;
}

Dim3 grid_of(int64_t blocks) {
  TENON_CHECK(blocks > 0 && blocks < int64_t{1} << 31, "a grid of ", blocks, " blocks");
  return {static_cast<unsigned>(blocks)};
}

Shape spread(int64_t groups, int64_t lanes, int processors, int64_t most_threads) {
  const int64_t warps = ceil_div(groups * lanes, 32);
  const int64_t wanted = warps / (2 * std::max(processors, 1));
  const int64_t block = std::clamp<int64_t>(wanted, 1, most_threads / 32) * 32;
  return {grid_of(ceil_div(groups * lanes, block)), {static_cast<unsigned>(block)}};
}

size_t wrap_axis(int64_t axis, size_t rank) {
  const int64_t n = static_cast<int64_t>(rank);
  TENON_CHECK(axis >= -n && axis < n, "axis ", axis, " is out of range for rank ", rank);
  return static_cast<size_t>(axis < 0 ? axis + n : axis);
}

Slabs slabs_along(const TensorDesc& x, int64_t axis) {
  const int64_t total = x.elements();
  if (x.shape.empty() || total == 0) return {total, 1, 1};
  const size_t a = wrap_axis(axis, x.shape.size());
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
  if (x.elements() == 0) return std::nullopt;
  const cpu::Space s = cpu::make_space(x.shape, {x.strides(), kept_strides(y, reduced)});
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

}  // namespace tenon::kernels::rows
