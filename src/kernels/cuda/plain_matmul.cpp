// SPDX-License-Identifier: Apache-2.0
// matrix_multiply and linear by our plain kernel (src/matmul.cu): f64, every broadcast, every
// activation. Much slower than the library's where that can.
#include "kernels/cuda/element_type.h"
#include "kernels/cuda/fused_activation.h"
#include "kernels/cuda/matmul_shape.h"
#include "kernels/cuda/sources.h"

namespace tenon::kernels {
namespace {

constexpr size_t kMaxRank = 8;
constexpr int64_t kSide = 64, kMaxGridZ = 65535;

/// Twin of the struct in src/matmul.cu.
struct MatmulParams {
  const void *a = nullptr, *b = nullptr, *bias = nullptr, *residual = nullptr;
  void* out = nullptr;
  int64_t m = 0, n = 0, k = 0, batch = 0;
  int64_t a_row = 0, a_k = 0, b_k = 0, b_column = 0;
  int64_t dims[kMaxRank]{}, a_batch[kMaxRank]{}, b_batch[kMaxRank]{};
  int32_t rank = 0, activation = 0;
  float alpha = 0, beta = 0;
};

MatmulParams make_params(const MatmulShape& s) {
  MatmulParams p;
  p.m = s.m, p.n = s.n, p.k = s.k, p.batch = s.batches();
  p.a_row = s.a_row, p.a_k = s.a_k, p.b_k = s.b_k, p.b_column = s.b_column;
  p.rank = static_cast<int32_t>(s.batch.size());
  std::copy(s.batch.begin(), s.batch.end(), p.dims);
  std::copy(s.a_batch.begin(), s.a_batch.end(), p.a_batch);
  std::copy(s.b_batch.begin(), s.b_batch.end(), p.b_batch);
  return p;
}

class PlainMatmul final : public DeviceKernel {
 public:
  PlainMatmul(const Problem& p, const MatmulShape& shape, FusedActivation activation)
      : params_(make_params(shape)), has_bias_(has_input(p, 2)), has_residual_(has_input(p, 3)) {
    params_.activation = activation.kind;
    params_.alpha = activation.alpha;
    params_.beta = activation.beta;
    tiles_ = ceil_div(shape.m, kSide) * ceil_div(shape.n, kSide);
    TENON_CHECK(tiles_ <= INT32_MAX, "a product of ", shape.m, " x ", shape.n, " is too large");
    function_ = p.target->code->function({"matmul.cu",
                                          std::string(source_file("matmul.cu")),
                                          {std::string("T=") + device_type(p.out[0].dtype)}},
                                         "matmul");
  }
  void launches(const Call& call, LaunchSink& sink) const override {
    if (tiles_ == 0 || params_.batch == 0) return;
    MatmulParams p = params_;
    p.a = call.in[0];
    p.b = call.in[1];
    p.bias = has_bias_ ? call.in[2] : nullptr;
    p.residual = has_residual_ ? call.in[3] : nullptr;
    p.out = call.out[0];
    const auto z = static_cast<unsigned>(std::min(p.batch, kMaxGridZ));
    sink(function_, {static_cast<unsigned>(tiles_), 1, z}, {256, 1, 1}, 0, p);
  }

 private:
  MatmulParams params_;
  CUfunction function_ = nullptr;
  int64_t tiles_ = 0;
  bool has_bias_, has_residual_;
};

Support supports_operands(const Problem& p) {
  const DataType t = p.out[0].dtype;
  if (!is_device_float(t) && t != DataType::kDOUBLE)
    return Support::no(std::string("f32, f16, bf16 and f64 only, not ") + name_of(t));
  return supports_plain_operands(p);
}

class MatrixMultiply final : public KernelImpl {
 public:
  MatrixMultiply() : KernelImpl("matrix_multiply", "cuda.matrix_multiply", 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = supports_operands(p); !s) return s;
    if (matrix_multiply_shape(p).batch.size() > kMaxRank)
      return Support::no("more than 8 batch dims that do not merge");
    return Support::yes();
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<PlainMatmul>(p, batch_as_rows(matrix_multiply_shape(p)),
                                         FusedActivation{});
  }
};

class Linear final : public KernelImpl {
 public:
  Linear() : KernelImpl("linear", "cuda.linear", 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = supports_operands(p); !s) return s;
    const std::string activation = attr_str(p, "activation", "");
    if (!fused_activation(p)) return Support::no("no device code for \"" + activation + "\"");
    if (!is_device_float(p.out[0].dtype) && !activation.empty() && activation != "relu")
      return Support::no("no device code for \"" + activation + "\" in f64");
    return Support::yes();
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<PlainMatmul>(p, linear_shape(p), fused_activation(p).value());
  }
};

const RegisterSources kSources({{"matmul.cu", {"T=f32"}},
                                {"matmul.cu", {"T=f16"}},
                                {"matmul.cu", {"T=bf16"}},
                                {"matmul.cu", {"T=f64"}}});
const RegisterKernel<MatrixMultiply> kRegisterMatrixMultiply;
const RegisterKernel<Linear> kRegisterLinear;

}  // namespace
}  // namespace tenon::kernels
