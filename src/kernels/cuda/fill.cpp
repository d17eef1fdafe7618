// SPDX-License-Identifier: Apache-2.0
// Layers without inputs: fill, size_of (a fill of one element) and range.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/reference/view.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/sources.h"
#include "kernels/cuda/strided.h"

namespace tenon::kernels::cuda_kernels {
namespace {

// Host twins of src/fill.cu.
struct FillParams {
  void* to;
  uint64_t value[2];
  int64_t bytes;
};
struct RangeParams {
  void* to;
  double start, step;
  int64_t first, stride, size;
  int32_t type, unused;
};

CUfunction function_of(const Problem& p, const char* name) {
  return p.target->code->function({"fill.cu", std::string(source_file("fill.cu")), {}}, name);
}

class FillKernel final : public DeviceKernel {
 public:
  /// `cell` holds one element.
  FillKernel(const Problem& p, const void* cell) : function_(function_of(p, "fill")) {
    const TensorDesc& y = p.out[0];
    const size_t size = size_of(y.dtype);
    for (size_t at = 0; at < 16; at += size) {
      std::memcpy(reinterpret_cast<char*>(params_.value) + at, cell, size);
    }
    params_.bytes = static_cast<int64_t>(y.bytes());
    blocks_ = std::clamp<int64_t>(ceil_div(params_.bytes, 16 * 256), 1, p.target->processors * 8);
  }
  void launches(const Call& call, LaunchSink& sink) const override {
    if (params_.bytes == 0) return;
    FillParams p = params_;
    p.to = call.out[0];
    sink(function_, {static_cast<unsigned>(blocks_)}, {256}, 0, p);
  }

 private:
  CUfunction function_;
  FillParams params_{};
  int64_t blocks_ = 1;
};

class RangeKernel final : public DeviceKernel {
 public:
  RangeKernel(const Problem& p, int type, bool is_float)
      : function_(function_of(p, is_float ? "range_float" : "range_int")) {
    params_.start = attr_float(p, "start", 0);
    params_.step = attr_float(p, "step", 1);
    if (!is_float) {
      params_.first = static_cast<int64_t>(params_.start);
      params_.stride = static_cast<int64_t>(params_.step);
    }
    params_.size = p.out[0].elements();
    params_.type = type;
  }
  void launches(const Call& call, LaunchSink& sink) const override {
    if (params_.size == 0) return;
    RangeParams p = params_;
    p.to = call.out[0];
    sink(function_, {static_cast<unsigned>(ceil_div(p.size, 256))}, {256}, 0, p);
  }

 private:
  CUfunction function_;
  RangeParams params_{};
};

class Fill final : public KernelImpl {
 public:
  Fill() : KernelImpl("fill", "cuda.fill", 50, Device::kCUDA) {}
  Support supports(const Problem& p) const override {
    const DataType t = p.out[0].dtype;
    if (reference::is_element(t)) return Support::yes();
    return Support::no(std::string("elements of ") + name_of(t));
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    alignas(8) char cell[8] = {};
    reference::store_double(p.out[0].dtype, cell, 0, attr_float(p, "value", 0));
    return std::make_unique<FillKernel>(p, cell);
  }
};

class SizeOf final : public KernelImpl {
 public:
  SizeOf() : KernelImpl("size_of", "cuda.size_of", 50, Device::kCUDA) {}
  Support supports(const Problem& p) const override {
    return p.out[0].dtype == DataType::kINT64 ? Support::yes() : Support::no("sizes are int64");
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const Ints size = attr_sizes(p, "size");
    TENON_CHECK(size.size() == 1, "size_of gives one size; seen ", str(size));
    return std::make_unique<FillKernel>(p, size.data());
  }
};

/// The device's number of a type among the floats or the integers, or -1.
int type_number(DataType t, std::initializer_list<DataType> list) {
  const auto it = std::find(list.begin(), list.end(), t);
  return it == list.end() ? -1 : static_cast<int>(it - list.begin());
}
int float_number(DataType t) {
  return type_number(t, {DataType::kFLOAT, DataType::kHALF, DataType::kBF16, DataType::kDOUBLE});
}
int integer_number(DataType t) {
  return type_number(t, {DataType::kINT64, DataType::kINT32, DataType::kINT8, DataType::kUINT8});
}

class Range final : public KernelImpl {
 public:
  Range() : KernelImpl("range", "cuda.range", 50, Device::kCUDA) {}
  Support supports(const Problem& p) const override {
    const DataType t = p.out[0].dtype;
    if (float_number(t) >= 0 || integer_number(t) >= 0) return Support::yes();
    return Support::no(std::string("elements of ") + name_of(t));
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const DataType t = p.out[0].dtype;
    const bool is_float = float_number(t) >= 0;
    return std::make_unique<RangeKernel>(p, is_float ? float_number(t) : integer_number(t),
                                         is_float);
  }
};

const RegisterSources sources(std::vector<SourceVariant>{{"fill.cu", {}}});
const RegisterKernel<Fill> kFill;
const RegisterKernel<SizeOf> kSizeOf;
const RegisterKernel<Range> kRange;

}  // namespace
}  // namespace tenon::kernels::cuda_kernels
