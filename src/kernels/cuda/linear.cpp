// SPDX-License-Identifier: Apache-2.0
// linear by cuBLASLt: the row-major product x w^T is the column-major w^T' x' with w as the
// transposed left operand, so that bias runs along the rows of the result, where the library's
// epilogue wants it. The residual is the matrix C of the library, added before the activation.
// Activations that the library lacks, or is not exact in, are a pass over its result
// ("cublas.linear_then_activation").
#include "kernels/cpu/nd.h"
#include "kernels/cuda/fused_activation.h"
#include "kernels/cuda/lt_matmul.h"
#include "kernels/cuda/matmul_shape.h"

namespace tenon::kernels {
namespace {

struct Fused {
  const char* activation;
  cublasLtEpilogue_t plain, with_bias;
};
constexpr Fused kFused[] = {
    {"", CUBLASLT_EPILOGUE_DEFAULT, CUBLASLT_EPILOGUE_BIAS},
    {"relu", CUBLASLT_EPILOGUE_RELU, CUBLASLT_EPILOGUE_RELU_BIAS},
    {"gelu_tanh", CUBLASLT_EPILOGUE_GELU, CUBLASLT_EPILOGUE_GELU_BIAS},
};

const Fused* fused(const std::string& activation) {
  for (const Fused& f : kFused)
    if (activation == f.activation) return &f;
  return nullptr;
}

/// `activation`: what the library applies, the layer's or none.
LtShape lt_shape(const Problem& p, const std::string& activation) {
  LtShape s;
  s.dtype = p.out[0].dtype;
  s.transpose_a = true;
  s.m = p.in[1].shape.at(0);
  s.k = p.in[1].shape.at(1);
  s.n = s.m > 0 ? p.out[0].elements() / s.m : 0;
  s.lda = s.ldb = s.k;
  s.ldd = s.m;
  s.bias = has_input(p, 2);
  s.add_c = has_input(p, 3);
  const Fused* f = fused(activation);
  TENON_ASSERT(f, "an activation that supports() refuses");
  s.epilogue = s.bias ? f->with_bias : f->plain;
  return s;
}

class LinearKernel final : public Kernel {
 public:
  LinearKernel(const LtShape& shape, const std::string& tactic) {
    if (shape.n == 0) return;  // no rows: nothing to compute
    matmul_ = std::make_unique<LtMatmul>(shape, tactic);
    scratch_bytes = matmul_->workspace_bytes();
    bias_ = shape.bias;
    residual_ = shape.add_c;
  }
  void run(const Call& call) const override {
    if (!matmul_) return;
    matmul_->run(call.in[1], call.in[0], bias_ ? call.in[2] : nullptr,
                 residual_ ? call.in[3] : nullptr, call.out[0], call.scratch, call.stream);
  }
  bool fixed_pointers() const override { return true; }

 private:
  std::unique_ptr<LtMatmul> matmul_;
  bool bias_ = false, residual_ = false;
};

Support supports_operands(const Problem& p) {
  if (Support s = lt_dtype(p.out[0].dtype); !s) return s;
  if (Support s = supports_plain_operands(p); !s) return s;
  if (p.in[1].shape.at(0) == 0 || p.in[1].shape.at(1) == 0)
    return Support::no("a weight without elements");
  return Support::yes();
}

/// Why f32 does without an epilogue that the library has: its GELU takes an approximate tanh, off
/// by 7e-5 on an H200, and with ReLU some of its algorithms make 0 of NaN.
Support exact(const Problem& p, const std::string& activation) {
  if (p.out[0].dtype != DataType::kFLOAT) return Support::yes();
  if (activation == "gelu_tanh")
    return Support::no("the GELU of cuBLASLt takes an approximate tanh, too coarse for f32");
  if (activation == "relu") return Support::no("the ReLU of cuBLASLt can make 0 of NaN");
  return Support::yes();
}

class Linear final : public KernelImpl {
 public:
  Linear() : KernelImpl("linear", "cublas.linear", 60, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = supports_operands(p); !s) return s;
    const std::string activation = attr_str(p, "activation", "");
    if (activation == "gelu_erf")
      return Support::no("the GELU of cuBLASLt is the tanh form, the layer wants the exact one");
    if (!fused(activation))
      return Support::no("cuBLASLt has no epilogue for \"" + activation + "\"");
    return exact(p, activation);
  }
  std::vector<std::string> tactics(const Problem& p) const override { return lt_tactics(shape(p)); }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<LinearKernel>(shape(p), p.tactic);
  }

 private:
  static LtShape shape(const Problem& p) { return lt_shape(p, attr_str(p, "activation", "")); }
};

class LinearThenActivationKernel final : public Kernel {
 public:
  LinearThenActivationKernel(const Problem& p, FusedActivation activation)
      : linear_(lt_shape(p, ""), p.tactic), activation_(p, activation) {
    scratch_bytes = linear_.scratch_bytes;
  }
  void run(const Call& call) const override {
    linear_.run(call);
    activation_.run(call);
  }
  bool fixed_pointers() const override { return true; }

 private:
  LinearKernel linear_;
  ActivationPass activation_;
};

class LinearThenActivation final : public KernelImpl {
 public:
  LinearThenActivation()
      : KernelImpl("linear", "cublas.linear_then_activation", 55, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = supports_operands(p); !s) return s;
    const std::string activation = attr_str(p, "activation", "");
    if (fused(activation) && exact(p, activation))
      return Support::no("cuBLASLt applies the activation itself");
    if (!fused_activation(p)) return Support::no("no device code for \"" + activation + "\"");
    return Support::yes();
  }
  std::vector<std::string> tactics(const Problem& p) const override {
    return lt_tactics(lt_shape(p, ""));
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<LinearThenActivationKernel>(p, fused_activation(p).value());
  }
};

const RegisterKernel<Linear> kRegisterLinear;
const RegisterKernel<LinearThenActivation> kRegisterLinearThenActivation;

}  // namespace
}  // namespace tenon::kernels
