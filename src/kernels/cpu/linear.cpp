// SPDX-License-Identifier: Apache-2.0
// linear for few rows, f32, weights as they are ([N, K] row-major, nothing packed): dot
// products that stream the weights once, bias, residual and activation while the result is in L1.
// Bound by the weights' bandwidth: 4 bytes for every 2 * rows flops. Best measured (one core of a
// shared, busy Zen 5, AVX-512; kernel_bench): 1 x 400 x 120 in 1.6 us (60 GFLOP/s), 1 x 512 x 1000
// in 20 us (weights from L3).
#include <algorithm>

#include "kernels/cpu/gemv.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/linear_support.h"

namespace tenon::kernels::cpu {

namespace {

constexpr int64_t kMaxRows = 15;

GemvArgs sizes(const Problem& p) {
  GemvArgs a{};
  a.columns = p.in[1].shape.at(0), a.depth = p.in[1].shape.at(1);
  a.rows = a.depth > 0 ? p.in[0].elements() / a.depth : 0;
  return a;
}

class LinearKernel : public Kernel {
 public:
  explicit LinearKernel(const Problem& p)
      : sizes_(sizes(p)),
        fns_(TENON_ISA_PICK(gemv_fns)),
        has_bias_(has_input(p, 2)),
        has_residual_(has_input(p, 3)),
        activation_(p) {}

  void run(const Call& call) const override {
    GemvArgs a = sizes_;
    a.x = static_cast<const float*>(call.in[0]);
    a.w = static_cast<const float*>(call.in[1]);
    a.bias = has_bias_ ? static_cast<const float*>(call.in[2]) : nullptr;
    a.residual = has_residual_ ? static_cast<const float*>(call.in[3]) : nullptr;
    a.out = static_cast<float*>(call.out[0]);
    const int64_t grain = std::max<int64_t>(4, 2 * kGrain / (a.depth * a.rows));
    parallel_for(a.columns, grain, [&](int64_t begin, int64_t end) {
      fns_.columns(a, begin, end);
      for (int64_t r = 0; activation_.function && r < a.rows; ++r) {
        float* out = a.out + r * a.columns + begin;
        activation_.function(out, out, nullptr, nullptr, end - begin, activation_.params);
      }
    });
  }

 private:
  GemvArgs sizes_;
  const GemvFns& fns_;
  bool has_bias_, has_residual_;
  Activation activation_;
};

class Linear : public KernelImpl {
 public:
  Linear() : KernelImpl("linear", "cpu.linear", 50) {}

  Support supports(const Problem& p) const override {
    if (Support s = check_plain_f32(p); !s) return s;
    const GemvArgs a = sizes(p);
    if (a.rows < 1 || a.rows > kMaxRows) {
      return Support::no(std::to_string(a.rows) + " rows; only up to 15 can be faster here");
    }
    return check_vector_activation(p);
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<LinearKernel>(p);
  }
};

const RegisterKernel<Linear> kRegister;

}  // namespace

}  // namespace tenon::kernels::cpu
