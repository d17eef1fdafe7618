// SPDX-License-Identifier: Apache-2.0
// One product by cuBLASLt: D = epilogue(op(A) op(B) + bias + C), all column-major, batched by
// strides. Finding an algorithm asks the library on the current device; running is asynchronous.
// Immutable, so that any number of threads may run one LtMatmul at once.
#pragma once

#include <cublasLt.h>

#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/launch.h"
#include "kernels/kernel.h"

namespace tenon::kernels {

struct LtShape {
  DataType dtype = DataType::kFLOAT;  // of every operand; sums are in f32
  bool transpose_a = false, transpose_b = false;
  int64_t m = 0, n = 0, k = 0;  // D is m x n
  int64_t lda = 0, ldb = 0, ldd = 0;
  int64_t batch = 1, stride_a = 0, stride_b = 0, stride_d = 0;  // strides in elements
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  bool bias = false;   // a vector of m elements; the epilogue says so too
  bool add_c = false;  // C lies in memory as D does
};

/// "No" where `t` is not f32, f16 or bf16.
Support lt_dtype(DataType t);

class LtMatmul {
 public:
  /// `tactic`: one of lt_tactics(), or "" for the library's first choice, which is also taken where
  /// the tactic does not fit these sizes or comes from another version of the library.
  LtMatmul(const LtShape& shape, const std::string& tactic);
  ~LtMatmul();
  size_t workspace_bytes() const;
  void run(const void* a, const void* b, const void* bias, const void* c, void* d, void* workspace,
           void* stream) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The algorithms worth timing, the library's first choice first; none if it has none. {""} where
/// there is no GPU to ask.
std::vector<std::string> lt_tactics(const LtShape& shape);

/// The text of an algorithm, and back. A text of another library version gives false.
std::string lt_algorithm_text(const cublasLtMatmulAlgo_t& algo, size_t version);
bool lt_parse_algorithm(const std::string& text, size_t version, cublasLtMatmulAlgo_t& algo);

}  // namespace tenon::kernels
