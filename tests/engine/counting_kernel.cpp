// SPDX-License-Identifier: Apache-2.0
#include "engine/counting_kernel.h"

#include <cmath>

#include "kernels/kernel.h"

namespace tenon::test {

std::atomic<int>& prepared_kernels() {
  static std::atomic<int> count{0};
  return count;
}

namespace {

class Atanh final : public kernels::Kernel {
 public:
  explicit Atanh(int64_t count) : count_(count) {}
  void run(const kernels::Call& call) const override {
    const auto* x = static_cast<const float*>(call.in[0]);
    auto* y = static_cast<float*>(call.out[0]);
    for (int64_t i = 0; i < count_; ++i) y[i] = std::atanh(x[i]);
  }

 private:
  int64_t count_;
};

class Counting : public kernels::KernelImpl {
 public:
  using KernelImpl::KernelImpl;
  Support supports(const kernels::Problem& p) const override {
    if (p.layer->get<std::string>("operation") != "atanh") return Support::no("not atanh");
    return p.in[0].dtype == DataType::kFLOAT ? Support::yes() : Support::no("not f32");
  }
  std::unique_ptr<kernels::Kernel> prepare(const kernels::Problem& p) const override {
    ++prepared_kernels();
    return std::make_unique<Atanh>(p.in[0].elements());
  }
};

struct First final : Counting {
  First() : Counting("unary", "test.first", 1000) {}
};
struct Second final : Counting {
  Second() : Counting("unary", "test.second", 999) {}
  double allowance() const override { return 0.05; }
};
const kernels::RegisterKernel<First> kFirst;
const kernels::RegisterKernel<Second> kSecond;

}  // namespace
}  // namespace tenon::test
