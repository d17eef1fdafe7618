// SPDX-License-Identifier: Apache-2.0
// fill and range for f32, i64, i32 and bool. One write an element; a fill of zero bytes is memset.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/nd.h"

namespace tenon::kernels::cpu {

namespace {

// Calls f with a value of the element's C type.
template <typename F>
void with_type(DataType t, F&& f) {
  switch (t) {
    case DataType::kFLOAT:
      return f(float{});
    case DataType::kINT64:
      return f(int64_t{});
    case DataType::kINT32:
      return f(int32_t{});
    default:
      return f(uint8_t{});
  }
}

Support dense_known_type(const Problem& p) {
  const DataType t = p.out[0].dtype;
  const bool known = t == DataType::kFLOAT || t == DataType::kINT64 || t == DataType::kINT32 ||
                     t == DataType::kBOOL;
  return known ? Support::yes() : Support::no(std::string("elements of ") + name_of(t));
}

class FillKernel : public Kernel {
 public:
  FillKernel(DataType type, int64_t n, double value) : type_(type), n_(n), value_(value) {}
  void run(const Call& call) const override {
    with_type(type_, [&](auto element) {
      using T = decltype(element);
      T* out = static_cast<T*>(call.out[0]);
      const T v = type_ == DataType::kBOOL ? static_cast<T>(value_ != 0) : static_cast<T>(value_);
      parallel_for(n_, 65536 / static_cast<int64_t>(sizeof(T)),
                   [&](int64_t begin, int64_t end) { std::fill(out + begin, out + end, v); });
    });
  }

 private:
  DataType type_;
  int64_t n_;
  double value_;
};

class Fill : public KernelImpl {
 public:
  Fill() : KernelImpl("fill", "cpu.fill", 50) {}
  Support supports(const Problem& p) const override { return dense_known_type(p); }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<FillKernel>(p.out[0].dtype, p.out[0].elements(),
                                        attr_float(p, "value", 0));
  }
};

class RangeKernel : public Kernel {
 public:
  RangeKernel(DataType type, int64_t n, double start, double step)
      : type_(type), n_(n), start_(start), step_(step) {}
  void run(const Call& call) const override {
    if (type_ == DataType::kFLOAT) {
      float* out = static_cast<float*>(call.out[0]);
      for (int64_t i = 0; i < n_; ++i) {
        out[i] = static_cast<float>(start_ + static_cast<double>(i) * step_);
      }
      return;
    }
    const int64_t first = static_cast<int64_t>(start_), step = static_cast<int64_t>(step_);
    with_type(type_, [&](auto element) {
      using T = decltype(element);
      T* out = static_cast<T*>(call.out[0]);
      for (int64_t i = 0; i < n_; ++i) out[i] = static_cast<T>(first + i * step);
    });
  }

 private:
  DataType type_;
  int64_t n_;
  double start_, step_;
};

class Range : public KernelImpl {
 public:
  Range() : KernelImpl("range", "cpu.range", 50) {}
  Support supports(const Problem& p) const override {
    return p.out[0].dtype == DataType::kBOOL ? Support::no("elements of bool")
                                             : dense_known_type(p);
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<RangeKernel>(p.out[0].dtype, p.out[0].elements(),
                                         attr_float(p, "start", 0), attr_float(p, "step", 1));
  }
};

const RegisterKernel<Fill> kFill;
const RegisterKernel<Range> kRange;

}  // namespace

}  // namespace tenon::kernels::cpu
