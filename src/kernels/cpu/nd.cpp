// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/nd.h"

#include <algorithm>
#include <numeric>

namespace tenon::kernels::cpu {

int64_t product(const Ints& v, size_t first, size_t last) {
  int64_t n = 1;
  for (size_t i = first; i < std::min(last, v.size()); ++i) n *= v[i];
  return n;
}

int64_t Space::rows() const { return product(dims, 0, dims.size() - 1); }

Ints row_major(const Ints& shape) {
  Ints s(shape.size());
  int64_t step = 1;
  for (size_t d = shape.size(); d-- > 0; step *= shape[d]) s[d] = step;
  return s;
}

Ints broadcast_strides(const TensorDesc& desc, const Ints& out) {
  const Ints own = desc.strides();
  TENON_ASSERT(own.size() <= out.size(), "operand of rank ", own.size(), " for ", str(out));
  Ints s(out.size(), 0);
  const size_t shift = out.size() - own.size();
  for (size_t d = 0; d < own.size(); ++d) s[d + shift] = desc.shape[d] == 1 ? 0 : own[d];
  return s;
}

namespace {

bool mergeable(const Space& s, const Ints& next_strides, int64_t next_dim) {
  for (size_t k = 0; k < s.strides.size(); ++k) {
    if (s.strides[k].back() != next_strides[k] * next_dim) return false;
  }
  return true;
}

}  // namespace

Space make_space(const Ints& shape, std::vector<Ints> strides) {
  std::vector<size_t> order;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] != 1) order.push_back(d);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return strides[0][a] > strides[0][b]; });
  Space s;
  s.strides.resize(strides.size());
  for (size_t d : order) {
    Ints here;
    for (const Ints& k : strides) here.push_back(k[d]);
    if (!s.dims.empty() && mergeable(s, here, shape[d])) {
      s.dims.back() *= shape[d];
      for (size_t k = 0; k < strides.size(); ++k) s.strides[k].back() = here[k];
      continue;
    }
    s.dims.push_back(shape[d]);
    for (size_t k = 0; k < strides.size(); ++k) s.strides[k].push_back(here[k]);
  }
  if (s.dims.empty()) {
    s.dims.push_back(1);
    for (Ints& k : s.strides) k.push_back(1);
  }
  return s;
}

Ints permuted(const Ints& v, const Ints& perm) {
  if (perm.empty()) return v;
  Ints out;
  for (int64_t d : perm) out.push_back(v.at(static_cast<size_t>(d)));
  return out;
}

Ints inverse(const Ints& perm) {
  Ints out(perm.size());
  for (size_t d = 0; d < perm.size(); ++d) {
    out.at(static_cast<size_t>(perm[d])) = static_cast<int64_t>(d);
  }
  return out;
}

int64_t at_or(const Ints& v, size_t i, int64_t value) { return v.empty() ? value : v.at(i); }

bool all_equal(const Ints& v, int64_t value) {
  return std::all_of(v.begin(), v.end(), [&](int64_t x) { return x == value; });
}

std::optional<Ints> reshaped_strides(const Ints& shape, const Ints& strides, const Ints& to) {
  const Space s = [&] {  // merged in the given order: position strides decide, not memory order
    return make_space(shape, {row_major(shape), strides});
  }();
  Ints out(to.size(), 0);
  size_t group = s.dims.size();
  int64_t left = 1, step = 0;
  for (size_t d = to.size(); d-- > 0;) {
    if (to[d] == 1) continue;
    if (left == 1) {
      if (group == 0) return std::nullopt;
      left = s.dims[--group], step = s.strides[1][group];
    }
    if (left % to[d] != 0) return std::nullopt;
    out[d] = step;
    step *= to[d];
    left /= to[d];
  }
  return out;
}

RowCursor::RowCursor(const Space& space, int64_t row)
    : space_(space), rank_(space.dims.size() - 1), operands_(space.strides.size()) {
  TENON_ASSERT(rank_ <= kMax && operands_ <= kMax, "RowCursor capacity");
  for (size_t k = 0; k < operands_; ++k) offsets_[k] = 0;
  for (size_t d = rank_; d-- > 0;) {
    index_[d] = row % space.dims[d];
    row /= space.dims[d];
    for (size_t k = 0; k < operands_; ++k) offsets_[k] += index_[d] * space.strides[k][d];
  }
}

void RowCursor::next() {
  for (size_t d = rank_; d-- > 0;) {
    const int64_t size = space_.dims[d];
    const bool wrap = ++index_[d] == size;
    for (size_t k = 0; k < operands_; ++k) {
      offsets_[k] += wrap ? space_.strides[k][d] * (1 - size) : space_.strides[k][d];
    }
    if (!wrap) return;
    index_[d] = 0;
  }
}

bool same_place(const TensorDesc& a, const TensorDesc& b) {
  const bool same_order = a.layout == b.layout || a.shape.size() < 3;
  return a.dtype == b.dtype && a.shape == b.shape && same_order;
}

}  // namespace tenon::kernels::cpu
