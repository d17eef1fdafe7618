// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/lt_matmul.h"

#include <algorithm>
#include <charconv>
#include <mutex>

#include "base/cuda_api.h"

namespace tenon::kernels {
namespace {

constexpr uint64_t kWorkspace = 32u << 20;  // what cuBLAS advises for Hopper
constexpr int kMaxTactics = 12;
// Buffers are 256-byte aligned, but a constant may be a part of another.
constexpr uint32_t kAlignment = 16;

void check(cublasStatus_t code, const char* what) {
  TENON_CHECK(code == CUBLAS_STATUS_SUCCESS, what,
              " failed: ", cuda::cublas_lt().cublasLtGetStatusString(code));
}

/// One handle per device, made on first use and never destroyed: the driver may be gone by then.
cublasLtHandle_t handle() {
  static std::mutex mutex;
  static auto* const known = new std::vector<std::pair<int, cublasLtHandle_t>>;
  const int device = cuda::device_info().ordinal;  // makes a context current
  std::lock_guard<std::mutex> lock(mutex);
  for (const auto& [ordinal, h] : *known)
    if (ordinal == device) return h;
  cublasLtHandle_t h = nullptr;
  check(cuda::cublas_lt().cublasLtCreate(&h), "cublasLtCreate");
  known->emplace_back(device, h);
  return h;
}

cudaDataType_t cuda_type(DataType t) {
  if (t == DataType::kHALF) return CUDA_R_16F;
  return t == DataType::kBF16 ? CUDA_R_16BF : CUDA_R_32F;
}

class Operation {
 public:
  Operation(const LtShape& s, const void* bias) {
    // Float32 is multiplied as float32 (no TF32), as PyTorch does by default.
    check(cuda::cublas_lt().cublasLtMatmulDescCreate(&desc_, CUBLAS_COMPUTE_32F, CUDA_R_32F),
          "cublasLtMatmulDescCreate");
    set(CUBLASLT_MATMUL_DESC_TRANSA, s.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, s.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, s.epilogue);
    if (s.bias) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  }
  ~Operation() { cuda::cublas_lt().cublasLtMatmulDescDestroy(desc_); }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  cublasLtMatmulDesc_t get() const { return desc_; }

 private:
  template <typename T>
  void set(cublasLtMatmulDescAttributes_t what, T value) {
    check(cuda::cublas_lt().cublasLtMatmulDescSetAttribute(desc_, what, &value, sizeof value),
          "cublasLtMatmulDescSetAttribute");
  }
  cublasLtMatmulDesc_t desc_ = nullptr;
};

class Matrix {
 public:
  Matrix(DataType t, int64_t rows, int64_t columns, int64_t ld, int64_t batch, int64_t stride) {
    check(cuda::cublas_lt().cublasLtMatrixLayoutCreate(&layout_, cuda_type(t),
                                                       static_cast<uint64_t>(rows),
                                                       static_cast<uint64_t>(columns), ld),
          "cublasLtMatrixLayoutCreate");
    if (batch == 1) return;
    set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, static_cast<int32_t>(batch));
    set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
  }
  ~Matrix() { cuda::cublas_lt().cublasLtMatrixLayoutDestroy(layout_); }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  cublasLtMatrixLayout_t get() const { return layout_; }

 private:
  template <typename T>
  void set(cublasLtMatrixLayoutAttribute_t what, T value) {
    check(cuda::cublas_lt().cublasLtMatrixLayoutSetAttribute(layout_, what, &value, sizeof value),
          "cublasLtMatrixLayoutSetAttribute");
  }
  cublasLtMatrixLayout_t layout_ = nullptr;
};

class Preference {
 public:
  explicit Preference(DataType t) {
    check(cuda::cublas_lt().cublasLtMatmulPreferenceCreate(&preference_),
          "cublasLtMatmulPreferenceCreate");
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspace);
    for (auto what :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      set(what, kAlignment);
    // Parts of a sum must not be rounded to a half type on their way.
    if (t != DataType::kFLOAT)
      set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
          static_cast<uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  }
  ~Preference() { cuda::cublas_lt().cublasLtMatmulPreferenceDestroy(preference_); }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  cublasLtMatmulPreference_t get() const { return preference_; }

 private:
  template <typename T>
  void set(cublasLtMatmulPreferenceAttributes_t what, T value) {
    check(cuda::cublas_lt().cublasLtMatmulPreferenceSetAttribute(preference_, what, &value,
                                                                 sizeof value),
          "cublasLtMatmulPreferenceSetAttribute");
  }
  cublasLtMatmulPreference_t preference_ = nullptr;
};

struct Matrices {
  explicit Matrices(const LtShape& s)
      : a(s.dtype, s.transpose_a ? s.k : s.m, s.transpose_a ? s.m : s.k, s.lda, s.batch,
          s.stride_a),
        b(s.dtype, s.transpose_b ? s.n : s.k, s.transpose_b ? s.k : s.n, s.ldb, s.batch,
          s.stride_b),
        d(s.dtype, s.m, s.n, s.ldd, s.batch, s.stride_d) {}
  Matrix a, b, d;
};

/// Only the alignment of the bias counts where nothing is computed.
const void* bias_for_planning() { return reinterpret_cast<const void*>(uintptr_t{kAlignment}); }

std::vector<cublasLtMatmulHeuristicResult_t> ask(const LtShape& s, const Matrices& m, int count) {
  const Operation operation(s, bias_for_planning());
  const Preference preference(s.dtype);
  std::vector<cublasLtMatmulHeuristicResult_t> results(static_cast<size_t>(count));
  int found = 0;
  const cublasStatus_t code = cuda::cublas_lt().cublasLtMatmulAlgoGetHeuristic(
      handle(), operation.get(), m.a.get(), m.b.get(), m.d.get(), m.d.get(), preference.get(),
      count, results.data(), &found);
  if (code == CUBLAS_STATUS_NOT_SUPPORTED) return {};
  check(code, "cublasLtMatmulAlgoGetHeuristic");
  results.resize(static_cast<size_t>(found));
  std::erase_if(results, [](const auto& r) { return r.state != CUBLAS_STATUS_SUCCESS; });
  return results;
}

/// Whether a chosen algorithm runs at these sizes, and with how much memory.
bool fits(const LtShape& s, const Matrices& m, cublasLtMatmulHeuristicResult_t& result) {
  const Operation operation(s, bias_for_planning());
  const cublasLtMatmulAlgo_t algo = result.algo;
  const cublasStatus_t code = cuda::cublas_lt().cublasLtMatmulAlgoCheck(
      handle(), operation.get(), m.a.get(), m.b.get(), m.d.get(), m.d.get(), &algo, &result);
  result.algo = algo;
  return code == CUBLAS_STATUS_SUCCESS && result.workspaceSize <= kWorkspace;
}

}  // namespace

Support lt_dtype(DataType t) {
  if (t == DataType::kFLOAT || t == DataType::kHALF || t == DataType::kBF16) return Support::yes();
  return Support::no(std::string("cuBLASLt is used for f32, f16 and bf16 only, not for ") +
                     name_of(t));
}

std::string lt_algorithm_text(const cublasLtMatmulAlgo_t& algo, size_t version) {
  std::string text = std::to_string(version);
  size_t words = std::size(algo.data);
  while (words > 0 && algo.data[words - 1] == 0) --words;
  for (size_t i = 0; i < words; ++i) {
    char digits[17];
    const auto end = std::to_chars(digits, digits + sizeof digits, algo.data[i], 16).ptr;
    text += "-" + std::string(digits, end);
  }
  return text;
}

bool lt_parse_algorithm(const std::string& text, size_t version, cublasLtMatmulAlgo_t& algo) {
  algo = {};
  const std::string prefix = std::to_string(version) + "-";
  if (!text.starts_with(prefix)) return false;
  const char* at = text.data() + prefix.size();
  const char* const end = text.data() + text.size();
  for (uint64_t& word : algo.data) {
    const auto parsed = std::from_chars(at, end, word, 16);
    if (parsed.ec != std::errc()) return false;
    if (parsed.ptr == end) return true;
    if (*parsed.ptr != '-') return false;
    at = parsed.ptr + 1;
  }
  return false;
}

std::vector<std::string> lt_tactics(const LtShape& s) {
  if (!cuda::has_device() || s.m == 0 || s.n == 0 || s.k == 0 || s.batch == 0) return {""};
  const size_t version = cuda::cublas_lt().cublasLtGetVersion();
  std::vector<std::string> tactics;
  for (const auto& r : ask(s, Matrices(s), kMaxTactics)) {
    std::string text = lt_algorithm_text(r.algo, version);
    if (std::find(tactics.begin(), tactics.end(), text) == tactics.end())
      tactics.push_back(std::move(text));
  }
  return tactics;
}

struct LtMatmul::State {
  LtShape shape;
  Matrices matrices;
  cublasLtHandle_t library;
  cublasLtMatmulHeuristicResult_t choice{};

  State(const LtShape& s, const std::string& tactic) : shape(s), matrices(s), library(handle()) {
    const size_t version = cuda::cublas_lt().cublasLtGetVersion();
    if (lt_parse_algorithm(tactic, version, choice.algo) && fits(shape, matrices, choice)) return;
    const auto found = ask(shape, matrices, 1);
    TENON_CHECK(!found.empty(), "cuBLASLt has no algorithm for a product of ", s.m, " x ", s.n,
                " x ", s.k, " in ", name_of(s.dtype));
    choice = found.front();
  }
};

LtMatmul::LtMatmul(const LtShape& shape, const std::string& tactic)
    : state_(std::make_unique<State>(shape, tactic)) {}
LtMatmul::~LtMatmul() = default;

size_t LtMatmul::workspace_bytes() const { return state_->choice.workspaceSize; }

void LtMatmul::run(const void* a, const void* b, const void* bias, const void* c, void* d,
                   void* workspace, void* stream) const {
  const LtShape& s = state_->shape;
  const Matrices& m = state_->matrices;
  // The bias is an attribute of the operation, so each run has its own.
  const Operation operation(s, bias);
  const float one = 1, beta = s.add_c ? 1 : 0;
  check(cuda::cublas_lt().cublasLtMatmul(
            state_->library, operation.get(), &one, a, m.a.get(), b, m.b.get(), &beta,
            s.add_c ? c : d, m.d.get(), d, m.d.get(), &state_->choice.algo, workspace,
            state_->choice.workspaceSize, static_cast<cudaStream_t>(stream)),
        "cublasLtMatmul");
}

}  // namespace tenon::kernels
