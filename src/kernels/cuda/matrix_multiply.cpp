// SPDX-License-Identifier: Apache-2.0
// matrix_multiply by cuBLASLt: the row-major product a b is the column-major b' a', with the
// layer's right operand on the left. The batch is one stride per operand, 0 where it broadcasts.
#include "base/cuda_api.h"
#include "kernels/cuda/lt_matmul.h"
#include "kernels/cuda/matmul_shape.h"

namespace tenon::kernels {
namespace {

LtShape lt_shape(const Problem& p) {
  const MatmulShape s = batch_as_rows(matrix_multiply_shape(p));
  LtShape lt;
  lt.dtype = p.out[0].dtype;
  lt.m = s.n;
  lt.n = s.m;
  lt.k = s.k;
  lt.transpose_a = s.b_transposed;
  lt.lda = s.b_transposed ? s.k : s.n;
  lt.transpose_b = s.a_transposed;
  lt.ldb = s.a_transposed ? s.m : s.k;
  lt.ldd = s.n;
  lt.batch = s.batch[0];
  lt.stride_a = s.b_batch[0];
  lt.stride_b = s.a_batch[0];
  lt.stride_d = s.m * s.n;
  return lt;
}

class MatrixMultiplyKernel final : public Kernel {
 public:
  MatrixMultiplyKernel(const LtShape& s, const std::string& tactic) {
    if (s.m == 0 || s.n == 0 || s.batch == 0) return;
    if (s.k == 0) {
      zero_bytes_ = static_cast<size_t>(s.m * s.n * s.batch) * size_of(s.dtype);
      return;
    }
    matmul_ = std::make_unique<LtMatmul>(s, tactic);
    scratch_bytes = matmul_->workspace_bytes();
  }
  void run(const Call& call) const override {
    if (zero_bytes_)  // nothing to sum
      TENON_CU(cuMemsetD8Async, reinterpret_cast<CUdeviceptr>(call.out[0]), 0, zero_bytes_,
               static_cast<CUstream>(call.stream));
    if (matmul_)
      matmul_->run(call.in[1], call.in[0], nullptr, nullptr, call.out[0], call.scratch,
                   call.stream);
  }
  bool fixed_pointers() const override { return true; }

 private:
  std::unique_ptr<LtMatmul> matmul_;
  size_t zero_bytes_ = 0;
};

class MatrixMultiply final : public KernelImpl {
 public:
  MatrixMultiply() : KernelImpl("matrix_multiply", "cublas.matrix_multiply", 60, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = lt_dtype(p.out[0].dtype); !s) return s;
    if (Support s = supports_plain_operands(p); !s) return s;
    const MatmulShape s = matrix_multiply_shape(p);
    if (s.batch.size() > 1)
      return Support::no("the batch dims do not merge into one stride per operand");
    if (s.batch[0] > INT32_MAX) return Support::no("a batch of over 2^31 matrices");
    return Support::yes();
  }
  std::vector<std::string> tactics(const Problem& p) const override {
    return lt_tactics(lt_shape(p));
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<MatrixMultiplyKernel>(lt_shape(p), p.tactic);
  }
};

const RegisterKernel<MatrixMultiply> kRegister;

}  // namespace
}  // namespace tenon::kernels
