// SPDX-License-Identifier: Apache-2.0
// arg_reduce, cumsum and topk on CUDA (src/lines.cu says how), over any axis.
#include <algorithm>

#include "kernels/cuda/rows.h"
#include "net/layer.h"

namespace tenon::kernels {
namespace {

constexpr int64_t kBlockLine = 2048;  // from here on a block finds the best of a line
constexpr int64_t kSortLine = 4096;   // what fits in 48 KiB of shared memory

struct Lines {
  const void* x;
  void *y, *indices;
  int64_t lines, size, columns;
  int32_t largest, lanes, k, padded;
};

CUfunction function(const Problem& p, const char* name) {
  return rows::function(p, "lines.cu", {std::string("T=") + device_type(p.in[0].dtype)}, name);
}

Lines lines_of(const cpu::Slabs& s) {
  Lines l{};
  l.lines = s.outer * s.inner, l.size = s.axis, l.columns = s.inner;
  return l;
}

size_t axis_of(const Problem& p, int64_t fallback) {
  return static_cast<size_t>(net::wrap_axis(attr_int(p, "axis", fallback), p.in[0].shape.size()));
}

Support supports_type(const Problem& p) {
  const DataType t = p.in[0].dtype;
  if (is_device_float(t) || t == DataType::kINT32 || t == DataType::kINT64) return Support::yes();
  return Support::no(std::string("no CUDA kernel for ") + name_of(t));
}

class ArgKernel final : public DeviceKernel {
 public:
  ArgKernel(const Problem& p, const Lines& lines)
      : lines_(lines), processors_(p.target->processors) {
    by_block_ = lines.columns == 1 && lines.size >= kBlockLine;
    function_ = function(p, by_block_ ? "arg_block" : "arg_lanes");
  }
  void launches(const Call& call, LaunchSink& sink) const override {
    Lines l = lines_;
    if (l.lines == 0) return;
    l.x = call.in[0], l.indices = call.out[0];
    if (by_block_) return sink(function_, rows::grid_of(l.lines), {256}, 0, l);
    const int64_t lanes =
        l.columns > 1 ? 1 : std::min<int64_t>(32, rows::power_of_two_from(l.size));
    l.lanes = static_cast<int32_t>(lanes);
    const rows::Shape shape = rows::spread(l.lines, lanes, processors_);
    sink(function_, shape.grid, shape.block, 0, l);
  }

 private:
  Lines lines_;
  int processors_;
  bool by_block_;
  CUfunction function_;
};

class ArgReduce final : public KernelImpl {
 public:
  ArgReduce() : KernelImpl("arg_reduce", "cuda.arg_reduce", 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = supports_type(p); !s) return s;
    if (p.out[0].dtype != DataType::kINT64) return Support::no("indices are i64");
    if (p.in[0].shape.empty()) return Support::no("a scalar");
    if (p.in[0].elements() == 0)
      return p.out[0].elements() == 0
                 ? Support::yes()
                 : Support::no("the position of the best of no elements is not defined");
    return slabs(p) ? Support::yes() : Support::no("the layouts differ");
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const auto s = slabs(p);
    Lines l = lines_of(s ? *s : cpu::Slabs{0, 1, 1});
    l.largest = attr_str(p, "operation", "max") == "max";
    return std::make_unique<ArgKernel>(p, l);
  }

 private:
  static std::optional<cpu::Slabs> slabs(const Problem& p) {
    if (p.in[0].elements() == 0) return std::nullopt;
    std::vector<bool> reduced(p.in[0].shape.size(), false);
    reduced[axis_of(p, 0)] = true;
    return cpu::slabs_reduced(p.in[0], p.out[0], reduced);
  }
};

class CumSumKernel final : public DeviceKernel {
 public:
  CumSumKernel(const Problem& p, const Lines& lines)
      : lines_(lines),
        processors_(p.target->processors),
        function_(function(p, lines.columns == 1 ? "cumsum_rows" : "cumsum_lines")) {}
  void launches(const Call& call, LaunchSink& sink) const override {
    Lines l = lines_;
    if (l.lines == 0) return;
    l.x = call.in[0], l.y = call.out[0];
    const rows::Shape shape =
        rows::spread(l.lines, l.columns == 1 ? 32 : 1, processors_, l.columns == 1 ? 256 : 128);
    sink(function_, shape.grid, shape.block, 0, l);
  }

 private:
  Lines lines_;
  int processors_;
  CUfunction function_;
};

class CumSum final : public KernelImpl {
 public:
  CumSum() : KernelImpl("cumsum", "cuda.cumsum", 50, Device::kCUDA) {}
  Support supports(const Problem& p) const override {
    if (Support s = supports_type(p); !s) return s;
    if (p.out[0].dtype != p.in[0].dtype) return Support::no("a result of another type");
    if (p.in[0].shape.empty()) return Support::no("a scalar");
    return rows::same_order(p.in[0], p.out[0]) ? Support::yes() : Support::no("the layouts differ");
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const Lines l = lines_of(cpu::slabs_along(p.in[0], attr_int(p, "axis", 0)));
    return std::make_unique<CumSumKernel>(p, l);
  }
};

class TopKKernel final : public DeviceKernel {
 public:
  TopKKernel(const Problem& p, const Lines& lines) : lines_(lines) {
    sorts_ = lines.size <= kSortLine;
    lines_.padded = sorts_ ? static_cast<int32_t>(rows::power_of_two_from(lines.size)) : 0;
    const unsigned value = is_device_float(p.in[0].dtype) ? 4 : 8;
    shared_bytes_ = static_cast<unsigned>(lines_.padded) * (value + 4);
    function_ = function(p, sorts_ ? "topk_sort" : "topk_select");
  }
  void launches(const Call& call, LaunchSink& sink) const override {
    Lines l = lines_;
    if (l.lines == 0 || l.k == 0) return;
    l.x = call.in[0], l.y = call.out[0], l.indices = call.out[1];
    const int64_t threads = sorts_ ? std::clamp<int64_t>(l.padded / 2, 32, 1024) : 1024;
    sink(function_, rows::grid_of(l.lines), {static_cast<unsigned>(threads)}, shared_bytes_, l);
  }

 private:
  Lines lines_;
  bool sorts_;
  unsigned shared_bytes_;
  CUfunction function_;
};

class TopK final : public KernelImpl {
 public:
  TopK() : KernelImpl("topk", "cuda.topk", 50, Device::kCUDA) {}
  Support supports(const Problem& p) const override {
    if (Support s = supports_type(p); !s) return s;
    const TensorDesc& x = p.in[0];
    if (x.shape.empty()) return Support::no("a scalar");
    if (p.out[0].dtype != x.dtype || p.out[1].dtype != DataType::kINT64)
      return Support::no("a result of another type");
    if (!rows::same_order(x, p.out[0]) || !rows::same_order(x, p.out[1]))
      return Support::no("the layouts differ");
    const int64_t n = x.shape[axis_of(p, -1)];
    const int64_t k = attr_int(p, "k", 1);
    if (k >= 0 && k <= n) return Support::yes();
    return Support::no("k is " + std::to_string(k) + " of " + std::to_string(n) + " elements");
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const Support can = supports(p);  // sizes may be others than when it was chosen
    TENON_CHECK(can, "topk: ", can.reason());
    Lines l = lines_of(cpu::slabs_along(p.in[0], attr_int(p, "axis", -1)));
    l.k = static_cast<int32_t>(attr_int(p, "k", 1));
    l.largest = attr_bool(p, "largest", true);
    return std::make_unique<TopKKernel>(p, l);
  }
};

const RegisterKernel<ArgReduce> kArgReduce;
const RegisterKernel<CumSum> kCumSum;
const RegisterKernel<TopK> kTopK;
const RegisterSources kSources(rows::variants("lines.cu", {"f32", "f16", "bf16", "i32", "i64"}));

}  // namespace
}  // namespace tenon::kernels
