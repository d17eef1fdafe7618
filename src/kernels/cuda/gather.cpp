// SPDX-License-Identifier: Apache-2.0
// gather and gather_nd on CUDA, any type made of whole bytes (src/gather.cu says how, and what
// becomes of an index out of range: NaN or 0, since a kernel cannot raise the reference's error).
#include <algorithm>

#include "kernels/cuda/rows.h"
#include "net/layer.h"

namespace tenon::kernels {
namespace {

using rows::Ints;

constexpr size_t kDims = 8;

struct Indices {
  const void* data;
  int64_t size, step, strides[kDims];
  int32_t wide, wrap;
};
struct Take {
  const void *data, *indices;
  void* out;
  int64_t outer, size, picks, units;
  uint64_t bad;
  int32_t wide, wrap;
};
struct Pick {
  const void* data;
  void* out;
  int64_t elements;
  uint64_t bad;
  int64_t dims[kDims], out_strides[kDims], data_strides[kDims];
  int32_t rank, count, bytes;
  Indices indices[kDims];
};

/// Eight bytes of elements that stand for "no such position".
uint64_t bad_pattern(DataType t) {
  switch (t) {
    case DataType::kFLOAT:
      return 0x7fffffff7fffffffu;
    case DataType::kDOUBLE:
      return 0x7fffffffffffffffu;
    case DataType::kHALF:
    case DataType::kBF16:
      return 0x7fff7fff7fff7fffu;
    default:
      return 0;
  }
}

bool dense(const TensorDesc& d) { return d.plain() || d.shape.size() < 3; }
bool is_wide(const TensorDesc& index) { return index.dtype == DataType::kINT64; }
bool by_element(const Problem& p) {
  return p.layer->op == "gather" && attr_str(p, "mode", "default") == "element";
}
size_t axis_of(const Problem& p) {
  const char* name = p.layer->op == "gather" ? "axis" : "first_axis";
  return static_cast<size_t>(net::wrap_axis(attr_int(p, name, 0), p.in[0].shape.size()));
}
/// Whether whole rows of consecutive bytes are moved, one index each.
bool takes_rows(const Problem& p) {
  return !by_element(p) && p.in.size() == 2 && dense(p.in[0]) && dense(p.in[1]) && dense(p.out[0]);
}

class TakeKernel final : public DeviceKernel {
 public:
  explicit TakeKernel(const Problem& p) : processors_(p.target->processors) {
    const TensorDesc& x = p.in[0];
    const size_t axis = axis_of(p);
    take_.outer = cpu::product(x.shape, 0, axis);
    take_.size = x.shape.at(axis);
    take_.picks = p.in[1].elements();
    take_.bad = bad_pattern(x.dtype);
    take_.wide = is_wide(p.in[1]), take_.wrap = true;
    row_bytes_ = cpu::product(x.shape, axis + 1) * static_cast<int64_t>(size_of(x.dtype));
    for (size_t i = 0; i < 5; ++i)
      functions_[i] = rows::function(p, "gather.cu", {}, "take_" + std::to_string(1 << i));
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    Take t = take_;
    const int64_t rows = t.outer * t.picks;
    if (rows == 0 || row_bytes_ == 0) return;
    t.data = call.in[0], t.indices = call.in[1], t.out = call.out[0];
    // The largest unit that divides the row and both addresses.
    const uint64_t bits = static_cast<uint64_t>(row_bytes_) | reinterpret_cast<uintptr_t>(t.data) |
                          reinterpret_cast<uintptr_t>(t.out);
    const int log = std::min(4, __builtin_ctzll(bits));
    t.units = row_bytes_ >> log;
    const unsigned x =
        static_cast<unsigned>(std::min<int64_t>(128, rows::power_of_two_from(t.units)));
    // Blocks of 128 threads, or of a warp where rows are short and few.
    const unsigned threads = rows * x < 128 * 2 * processors_ ? std::max(x, 32u) : 128u;
    const unsigned y = threads / x;
    sink(functions_[log], rows::grid_of(ceil_div(rows, y)), {x, y}, 0, t);
  }

 private:
  Take take_{};
  int64_t row_bytes_;
  int processors_;
  CUfunction functions_[5];
};

/// Strides of the data over the output's dims: the `removed` dims from `first` on are replaced by
/// `added` dims of the indices, along which the data does not move by itself.
Ints data_strides(const Ints& own, size_t first, size_t removed, size_t added) {
  Ints s(own.begin(), own.begin() + static_cast<int64_t>(first));
  s.insert(s.end(), added, 0);
  s.insert(s.end(), own.begin() + static_cast<int64_t>(first + removed), own.end());
  return s;
}

/// Output, data and index strides over the output's dims.
std::vector<Ints> all_strides(const Problem& p) {
  const TensorDesc &x = p.in[0], &y = p.out[0];
  const size_t axis = axis_of(p), rank = y.shape.size(), n = p.in.size() - 1;
  if (by_element(p)) {
    Ints data = x.strides();
    data[axis] = 0;
    return {y.strides(), data, p.in[1].strides()};
  }
  const size_t added = rank + n - x.shape.size();
  std::vector<Ints> all = {y.strides(), data_strides(x.strides(), axis, n, added)};
  const Ints shape(y.shape.begin() + static_cast<int64_t>(axis),
                   y.shape.begin() + static_cast<int64_t>(axis + added));
  for (size_t i = 1; i <= n; ++i) {
    const Ints own = cpu::broadcast_strides(p.in[i], shape);
    Ints s(rank, 0);
    std::copy(own.begin(), own.end(), s.begin() + static_cast<int64_t>(axis));
    all.push_back(std::move(s));
  }
  return all;
}

class PickKernel final : public DeviceKernel {
 public:
  explicit PickKernel(const Problem& p) {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    const cpu::Space space = cpu::make_space(y.shape, all_strides(p));
    const size_t axis = axis_of(p);
    const Ints steps = x.strides();
    pick_.elements = y.elements();
    pick_.bad = bad_pattern(x.dtype);
    pick_.rank = static_cast<int32_t>(space.dims.size());
    pick_.bytes = static_cast<int32_t>(size_of(x.dtype));
    pick_.count = static_cast<int32_t>(p.in.size() - 1);
    for (size_t d = 0; d < space.dims.size(); ++d) {
      pick_.dims[d] = space.dims[d];
      pick_.out_strides[d] = space.strides[0][d];
      pick_.data_strides[d] = space.strides[1][d];
    }
    for (size_t i = 0; i + 1 < p.in.size(); ++i) {
      Indices& index = pick_.indices[i];
      index.size = x.shape.at(axis + i), index.step = steps.at(axis + i);
      std::copy(space.strides[i + 2].begin(), space.strides[i + 2].end(), index.strides);
      index.wide = is_wide(p.in[i + 1]), index.wrap = !by_element(p);
    }
    function_ = rows::function(p, "gather.cu", {}, "pick");
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    if (pick_.elements == 0) return;
    Pick k = pick_;
    k.data = call.in[0], k.out = call.out[0];
    for (int32_t i = 0; i < k.count; ++i) k.indices[i].data = call.in[i + 1];
    sink(function_, rows::grid_of(ceil_div(k.elements, 128)), {128}, 0, k);
  }

 private:
  Pick pick_{};
  CUfunction function_;
};

Support supports_gather(const Problem& p) {
  const TensorDesc &x = p.in[0], &y = p.out[0];
  if (size_of(x.dtype) == 0 || !x.format.empty()) return Support::no("no whole elements");
  if (x.shape.empty()) return Support::no("a scalar");
  for (size_t i = 1; i < p.in.size(); ++i) {
    const DataType t = p.in[i].dtype;
    if (t != DataType::kINT64 && t != DataType::kINT32)
      return Support::no(std::string("indices of ") + name_of(t));
  }
  if (p.in.size() - 1 > kDims) return Support::no("more than 8 index tensors");
  if (y.shape.size() > kDims) return Support::no("more than 8 dims");
  return Support::yes();
}

class Gather : public KernelImpl {
 public:
  Gather(const char* op, const char* name) : KernelImpl(op, name, 50, Device::kCUDA) {}
  Support supports(const Problem& p) const override { return supports_gather(p); }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    if (takes_rows(p)) return std::make_unique<TakeKernel>(p);
    return std::make_unique<PickKernel>(p);
  }
};

struct GatherLayer : Gather {
  GatherLayer() : Gather("gather", "cuda.gather") {}
};
struct GatherNd : Gather {
  GatherNd() : Gather("gather_nd", "cuda.gather_nd") {}
};
const RegisterKernel<GatherLayer> kGather;
const RegisterKernel<GatherNd> kGatherNd;
const RegisterSources kSources(std::vector<SourceVariant>{{"gather.cu", {}}});

}  // namespace
}  // namespace tenon::kernels
