// SPDX-License-Identifier: Apache-2.0
// Linear layers, as inner product and as matrix multiplication: x flattened to [M, K]. Neither is
// always the faster one (at M = 1 and large K, and at M = 197, it is matmul; else inner product).
//
// For fewer than 16 rows oneDNN's GEMM, like the one in eager PyTorch, takes dot products, which
// add a vector's lanes apart: relative L2 error 0.9e-7 at K = 512, 1.6e-7 at 2048. Batch-reduce
// GEMM adds in one sequence: 3.1e-7 and 4.5e-7. At the end of ResNet-18, whose features are all
// positive, that alone made 2.5 times eager's error. So few rows take GEMM on weights as they are
// (0.85 of the speed at M = 8, K = 512; cpu.linear is the other candidate). From 16 rows on GEMM
// adds in sequence, too (2.1e-7, 2.5e-7). bench/kernels/onednn_rounding prints these figures.
#include "kernels/onednn/plugin.h"
#include "kernels/onednn/post_ops.h"
#include "kernels/onednn/weights.h"

namespace tenon::kernels::onednn {

namespace {

constexpr int64_t kFewRows = 16;   // below it, oneDNN's and MKL's GEMM take dot products
constexpr int64_t kShortSum = 64;  // products up to which nobody's rounding matters

/// M, K and N of a linear layer at concrete sizes.
struct LinearSizes {
  explicit LinearSizes(const Problem& p)
      : k(p.in[1].shape.at(1)), n(p.in[1].shape.at(0)), m(p.out[0].elements() / n) {}
  int64_t k, n, m;
};

/// Whether batch-reduce GEMM would round too much; see the head of this file.
bool wants_gemm(const LinearSizes& s) { return s.m < kFewRows && s.k > kShortSum; }

/// The first implementation that is not batch-reduce GEMM.
template <typename PrimitiveDesc>
PrimitiveDesc skip_brgemm(PrimitiveDesc pd) {
  while (exists(pd) && is_brgemm(pd))
    if (!pd.next_impl()) return PrimitiveDesc();
  return pd;
}

Desc rows(int64_t m, int64_t n) { return strided({m, n}, {n, 1}); }

/// x * w^T by oneDNN's inner product: weights are [N, K].
struct InnerProduct {
  using PrimitiveDesc = dnnl::inner_product_forward::primitive_desc;
  using Primitive = dnnl::inner_product_forward;
  static Desc weights(const LinearSizes& s) { return rows(s.n, s.k); }
  static Desc bias(const LinearSizes& s) { return strided({s.n}, {1}); }
  static PrimitiveDesc make(const Desc& x, const Desc& w, const Desc& b, const Desc& y,
                            const dnnl::primitive_attr& attr) {
    return PrimitiveDesc(cpu_engine(), dnnl::prop_kind::forward_inference, x, w, b, y, attr, true);
  }
};

/// The same by oneDNN's matmul: weights are [K, N], so the dense ones are read as transposed.
struct MatMul {
  using PrimitiveDesc = dnnl::matmul::primitive_desc;
  using Primitive = dnnl::matmul;
  static Desc weights(const LinearSizes& s) { return strided({s.k, s.n}, {1, s.k}); }
  static Desc bias(const LinearSizes& s) { return rows(1, s.n); }
  static PrimitiveDesc make(const Desc& x, const Desc& w, const Desc& b, const Desc& y,
                            const dnnl::primitive_attr& attr) {
    return PrimitiveDesc(cpu_engine(), x, w, b, y, attr, true);
  }
};

template <typename Kind>
class Linear final : public KernelImpl {
 public:
  using PrimitiveDesc = typename Kind::PrimitiveDesc;
  Linear(const char* name, int priority) : KernelImpl("linear", name, priority) {}

  Support supports(const Problem& problem) const override {
    if (Support s = check_operands(problem); !s) return s;
    if (Support s = check_plain(problem); !s) return s;
    if (Support s = check_activation(*problem.layer); !s) return s;
    return answered([&] {
      std::string why;
      return exists(pick(problem, &why)) ? Support::yes() : Support::no(why);
    });
  }

  Packed pack(const Problem& problem, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (!problem.in[1].is_constant || !problem.in[1].format.empty()) return packed;
    guarded(problem, [&] {
      packed[1] = pack_weights(in[1], Kind::weights(LinearSizes(problem)),
                               pick_or_throw(problem).weights_desc());
    });
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& problem) const override {
    return guarded(problem, [&] {
      const LinearSizes s(problem);
      const PrimitiveDesc pd = pick_or_throw(problem);
      const Desc x = rows(s.m, s.k), y = rows(s.m, s.n), bias = Kind::bias(s);
      KernelBuilder builder(problem);
      builder.input(DNNL_ARG_SRC, 0, x, x);
      builder.input(DNNL_ARG_WEIGHTS, 1, weights_layout(problem.in[1], Kind::weights(s)),
                    pd.weights_desc());
      if (operand(problem, 2)) builder.input(DNNL_ARG_BIAS, 2, bias, bias);
      bind_residual(builder, problem, y, y);
      builder.output(DNNL_ARG_DST, 0, y, y);
      return builder.finish(typename Kind::Primitive(pd), pd.scratchpad_desc());
    });
  }

 private:
  PrimitiveDesc pick(const Problem& problem, std::string* why) const {
    const LinearSizes s(problem);
    const Desc x = rows(s.m, s.k), y = rows(s.m, s.n);
    const Desc bias = operand(problem, 2) ? Kind::bias(s) : Desc();
    const dnnl::primitive_attr attr = attributes(problem, y);
    auto make = [&](const Desc& weights) { return Kind::make(x, weights, bias, y, attr); };
    if (wants_gemm(s)) {
      PrimitiveDesc gemm = skip_brgemm(make(Kind::weights(s)));
      if (usable(gemm, why)) return gemm;
    }
    return choose<PrimitiveDesc>(problem.in[1], Kind::weights(s), make, why);
  }

  PrimitiveDesc pick_or_throw(const Problem& problem) const {
    std::string why;
    PrimitiveDesc pd = pick(problem, &why);
    TENON_CHECK(exists(pd), name(), ": ", why, " for ", describe(problem));
    return pd;
  }
};

}  // namespace

void register_linear() {
  register_kernel(std::make_unique<Linear<InnerProduct>>("onednn.linear", 100));
  register_kernel(std::make_unique<Linear<MatMul>>("onednn.linear_matmul", 99));
}

}  // namespace tenon::kernels::onednn
