// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "kernels/cpu/reference/view.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/sources.h"
#include "kernels/cuda/strided.h"

namespace tenon::kernels::cuda_kernels {
namespace {

// Host twin of src/pad.cu.
struct PadParams {
  char* to;
  const char* from;
  uint64_t value[2];
  int64_t strides[2][kMaxRank];
  int64_t pre[kMaxRank];
  int64_t sizes[kMaxRank];
  Divider dims[kMaxRank];
  uint32_t items;
  int32_t rank;
  int32_t mode, unused;
};

constexpr std::array kModes{"constant", "reflect", "replicate", "circular"};

/// Number of the mode, or -1.
int mode_of(const Problem& p) {
  const std::string name = attr_str(p, "mode", "constant");
  for (size_t i = 0; i < kModes.size(); ++i) {
    if (name == kModes[i]) return static_cast<int>(i);
  }
  return -1;
}

/// What the device computes; out of range if the padding does not fit.
int64_t source_of(int64_t i, int64_t size, int mode) {
  if (i >= 0 && i < size) return i;
  if (mode == 1) return i < 0 ? -i : 2 * (size - 1) - i;
  if (mode == 2) return i < 0 ? 0 : size - 1;
  return i < 0 ? i + size : i - size;
}

struct Dim {
  int64_t size, in_size, pre, to_stride, from_stride;
};

class PadKernel final : public DeviceKernel {
 public:
  explicit PadKernel(const Problem& p)
      : size_(static_cast<int64_t>(size_of(p.out[0].dtype))), mode_(mode_of(p)) {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    for (size_t i = 0; i < 16 / static_cast<size_t>(size_); ++i) {
      reference::store_double(y.dtype, value_, static_cast<int64_t>(i), attr_float(p, "value", 0));
    }
    Ints pre = attr_ints(p, "pre_padding");
    pre.resize(x.shape.size(), 0);
    const Ints to = y.strides(), from = x.strides();
    for (size_t d = 0; d < pre.size(); ++d) {
      check_fits(p, d, pre[d]);
      if (y.shape[d] != 1 || x.shape[d] != 1 || pre[d] != 0) {
        dims_.push_back({y.shape[d], x.shape[d], pre[d], to[d], from[d]});
      }
    }
    if (dims_.empty()) dims_.push_back({1, 1, 0, 1, 1});
    std::stable_sort(dims_.begin(), dims_.end(),
                     [](const Dim& a, const Dim& b) { return a.to_stride > b.to_stride; });
    // Operand 0 is the output; operand 1 + d counts the indices of dim d.
    space_.strides.resize(1 + dims_.size());
    for (size_t d = 0; d < dims_.size(); ++d) {
      space_.dims.push_back(dims_[d].size);
      space_.strides[0].push_back(dims_[d].to_stride);
      for (size_t k = 0; k < dims_.size(); ++k) space_.strides[1 + k].push_back(k == d);
    }
    parts_ = split(space_);
    const CodeSource source{"pad.cu", std::string(source_file("pad.cu")), {}};
    for (int i = 0; i < 5; ++i) {
      functions_[i] = p.target->code->function(source, "pad" + std::to_string(1 << i));
    }
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    for (const Part& part : parts_) launch(part, call, sink);
  }

 private:
  void check_fits(const Problem& p, size_t d, int64_t pre) const {
    const int64_t size = p.in[0].shape[d], out = p.out[0].shape[d];
    if (mode_ == 0 || p.out[0].elements() == 0) return;
    for (int64_t i : {-pre, out - 1 - pre}) {
      const int64_t s = source_of(i, size, mode_);
      TENON_CHECK(s >= 0 && s < size, "padding mode \"", kModes[static_cast<size_t>(mode_)],
                  "\" of ", pre, " does not fit dim ", d, " of size ", size);
    }
  }

  /// Bytes of an item: of several elements where the innermost dim is whole on both sides.
  int64_t item_bytes(const Part& part, const char* to, const char* from) const {
    const Dim& inner = dims_.back();
    const bool whole = inner.pre == 0 && inner.size == inner.in_size && inner.to_stride == 1 &&
                       inner.from_stride == 1 && part.dims.back() == inner.size;
    int64_t bytes = whole ? 16 : size_;
    const auto fits = [&] {
      const int64_t factor = bytes / size_;
      const auto unaligned = [&](const char* p) {
        return reinterpret_cast<uintptr_t>(p) % static_cast<uintptr_t>(bytes) != 0;
      };
      if (inner.size % factor != 0 || unaligned(to) || unaligned(from)) return false;
      return std::all_of(dims_.begin(), dims_.end() - 1, [&](const Dim& d) {
        return d.to_stride % factor == 0 && d.from_stride % factor == 0;
      });
    };
    while (bytes > size_ && !fits()) bytes /= 2;
    return bytes;
  }

  void launch(const Part& part, const Call& call, LaunchSink& sink) const {
    PadParams p{};
    p.to = static_cast<char*>(call.out[0]) + part.starts[0] * size_;
    p.from = static_cast<const char*>(call.in[0]);
    const int64_t bytes = item_bytes(part, p.to, p.from), factor = bytes / size_;
    std::copy(std::begin(value_), std::end(value_), p.value);
    p.rank = static_cast<int32_t>(dims_.size());
    p.mode = mode_;
    int64_t items = 1;
    for (size_t d = 0; d < dims_.size(); ++d) {
      const bool inner = d + 1 == dims_.size();
      const int64_t wide = inner ? factor : 1, stride = inner ? 1 : factor;
      p.dims[d] = make_divider(part.dims[d] / wide);
      items *= part.dims[d] / wide;
      p.pre[d] = dims_[d].pre - part.starts[1 + d];
      p.sizes[d] = dims_[d].in_size / wide;
      p.strides[0][d] = dims_[d].to_stride / stride;
      p.strides[1][d] = dims_[d].from_stride / stride;
    }
    p.items = static_cast<uint32_t>(items);
    int log = 0;
    while ((int64_t{1} << log) < bytes) ++log;
    sink(functions_[log], {static_cast<unsigned>(ceil_div(items, 256))}, {256}, 0, p);
  }

  int64_t size_;  // of an element
  int mode_;
  uint64_t value_[2];  // the constant, repeated
  std::vector<Dim> dims_;
  Space space_;
  std::vector<Part> parts_;
  CUfunction functions_[5];
};

class Padding final : public KernelImpl {
 public:
  Padding() : KernelImpl("padding", "cuda.padding", 50, Device::kCUDA) {}
  Support supports(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    if (!reference::is_element(y.dtype))
      return Support::no(std::string("elements of ") + name_of(y.dtype));
    if (x.dtype != y.dtype) return Support::no("the dtypes differ");
    if (!x.format.empty()) return Support::no("the operand is packed as " + x.format);
    if (y.shape.size() > kMaxRank) return Support::no("it has more than 8 dims");
    if (mode_of(p) < 0) return Support::no("no padding mode \"" + attr_str(p, "mode", "") + "\"");
    return Support::yes();
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<PadKernel>(p);
  }
};

const RegisterSources sources(std::vector<SourceVariant>{{"pad.cu", {}}});
const RegisterKernel<Padding> kRegister;

}  // namespace
}  // namespace tenon::kernels::cuda_kernels
