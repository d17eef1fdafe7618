// SPDX-License-Identifier: Apache-2.0
// Batched matrix multiplication with numpy broadcasting of the batch dims. Transposed operands are
// read through strides; a constant right-hand matrix without batch is packed.
#include <algorithm>

#include "kernels/onednn/plugin.h"
#include "kernels/onednn/post_ops.h"
#include "kernels/onednn/weights.h"

namespace tenon::kernels::onednn {

namespace {

using MatMulDesc = dnnl::matmul::primitive_desc;

enum class Side { kLeft, kRight };

/// One operand as [batch..., rows, columns].
struct Matrix {
  Matrix(const TensorDesc& t, const std::string& op, Side side) : batch(t.shape) {
    const size_t taken = op == "vector" ? 1 : 2;
    batch.resize(t.shape.size() - taken);
    const int64_t last = t.shape.back();
    const int64_t before = taken == 2 ? t.shape[t.shape.size() - 2] : 1;
    const bool column = op == "vector" && side == Side::kRight;
    transposed = op == "transpose" || column;
    rows = transposed ? last : before;
    columns = transposed ? before : last;
  }
  Dims batch;
  int64_t rows, columns;
  bool transposed;
};

/// Descriptor of `m` with its batch replaced by `batch` (same elements).
Desc desc_of(const Matrix& m, Dims batch) {
  Dims dims = batch;
  dims.push_back(m.transposed ? m.columns : m.rows);
  dims.push_back(m.transposed ? m.rows : m.columns);
  Dims strides = row_major(dims);
  if (m.transposed) {
    std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
    std::swap(strides[dims.size() - 1], strides[dims.size() - 2]);
  }
  return strided(dims, strides);
}

Dims padded(const Dims& batch, size_t rank) {
  Dims out(rank - batch.size(), 1);
  out.insert(out.end(), batch.begin(), batch.end());
  return out;
}

/// The product's descriptors. Equal batches become one dim; a left batch over one right matrix
/// becomes more rows.
struct Product {
  explicit Product(const Problem& p) {
    Matrix a(p.in[0], p.layer->get_or<std::string>("op0", "none"), Side::kLeft);
    Matrix b(p.in[1], p.layer->get_or<std::string>("op1", "none"), Side::kRight);
    const size_t rank = std::max(a.batch.size(), b.batch.size());
    Dims ab = padded(a.batch, rank), bb = padded(b.batch, rank), yb(rank);
    for (size_t i = 0; i < rank; ++i) yb[i] = std::max(ab[i], bb[i]);
    shared_right = product(bb) == 1;
    if (shared_right && !a.transposed) {
      a.rows *= product(ab);
      ab = bb = yb = {};
    } else if (ab == bb) {
      ab = bb = yb = {product(ab)};
    }
    left = desc_of(a, ab);
    right = desc_of(b, bb);
    Dims dims = yb;
    dims.push_back(a.rows);
    dims.push_back(b.columns);
    output = strided(dims, row_major(dims));
  }
  Desc left, right, output;
  bool shared_right;  // one matrix for the whole batch
};

class MatrixMultiply final : public KernelImpl {
 public:
  MatrixMultiply() : KernelImpl("matrix_multiply", "onednn.matrix_multiply", 100) {}

  Support supports(const Problem& problem) const override {
    if (Support s = check_operands(problem); !s) return s;
    if (Support s = check_plain(problem); !s) return s;
    return answered([&] {
      std::string why;
      return exists(pick(problem, Product(problem), &why)) ? Support::yes() : Support::no(why);
    });
  }

  Packed pack(const Problem& problem, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (!problem.in[1].is_constant || !problem.in[1].format.empty()) return packed;
    guarded(problem, [&] {
      const Product p(problem);
      if (p.shared_right)
        packed[1] = pack_weights(in[1], p.right, pick_or_throw(problem, p).weights_desc());
    });
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& problem) const override {
    return guarded(problem, [&] {
      const Product p(problem);
      const MatMulDesc pd = pick_or_throw(problem, p);
      KernelBuilder builder(problem);
      builder.input(DNNL_ARG_SRC, 0, p.left, p.left);
      builder.input(DNNL_ARG_WEIGHTS, 1, right_layout(problem, p), pd.weights_desc());
      builder.output(DNNL_ARG_DST, 0, p.output, p.output);
      return builder.finish(dnnl::matmul(pd), pd.scratchpad_desc());
    });
  }

 private:
  static Desc right_layout(const Problem& problem, const Product& p) {
    return p.shared_right ? weights_layout(problem.in[1], p.right) : p.right;
  }

  MatMulDesc pick(const Problem& problem, const Product& p, std::string* why) const {
    const dnnl::primitive_attr attr = plain_attributes();
    auto make = [&](const Desc& right) {
      return MatMulDesc(cpu_engine(), p.left, right, p.output, attr, true);
    };
    if (p.shared_right) return choose<MatMulDesc>(problem.in[1], p.right, make, why);
    MatMulDesc pd = make(p.right);
    return usable(pd, why) ? pd : MatMulDesc();
  }

  MatMulDesc pick_or_throw(const Problem& problem, const Product& p) const {
    std::string why;
    MatMulDesc pd = pick(problem, p, &why);
    TENON_CHECK(exists(pd), name(), ": ", why, " for ", describe(problem));
    return pd;
  }
};

}  // namespace

void register_matrix_multiply() { register_kernel(std::make_unique<MatrixMultiply>()); }

}  // namespace tenon::kernels::onednn
