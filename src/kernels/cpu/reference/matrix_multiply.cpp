// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/dot.h"
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

// An operand as a batch of matrices whose rows are the vectors of the product: the left one as
// [batch..., M, K], the right one as [batch..., N, K].
struct Operand {
  TensorDesc desc;
  Shape perm;    // brings the contracted dim last
  Shape batch;   // leading sizes
  int64_t rows;  // M or N; 1 for a vector
};

Operand make_operand(const TensorDesc& d, const std::string& op, bool left) {
  Operand o{d, {}, {}, 1};
  const size_t rank = d.shape.size(), matrix = op == "vector" ? 1 : 2;
  TENON_CHECK(rank >= matrix, "matrix_multiply operand has rank ", rank, " with op \"", op, "\"");
  for (size_t i = 0; i < rank; ++i) o.perm.push_back(static_cast<int64_t>(i));
  o.batch.assign(d.shape.begin(), d.shape.end() - static_cast<int64_t>(matrix));
  if (matrix == 1) return o;
  if ((op == "transpose") == left) std::swap(o.perm[rank - 1], o.perm[rank - 2]);
  o.rows = d.shape[o.perm[rank - 2]];
  return o;
}

template <typename A>
void run(const Operand& a, const Operand& b, const TensorDesc& y, const Shape& batch, int64_t k,
         const Call& call) {
  const auto as = read_permuted<A>(a.desc, call.in[0], a.perm);
  const auto bs = read_permuted<A>(b.desc, call.in[1], b.perm);
  std::vector<A> ys(y.elements());
  const std::vector<Shape> strides{broadcast_strides(a.batch, row_major(a.batch), batch),
                                   broadcast_strides(b.batch, row_major(b.batch), batch)};
  const int64_t m = a.rows, n = b.rows;
  guarded_for(volume(batch) * m, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Walker w(batch, strides, row / m);
      const A* left = as.data() + (w.offset(0) * m + row % m) * k;
      const A* right = bs.data() + w.offset(1) * n * k;
      for (int64_t j = 0; j < n; ++j) ys[row * n + j] = dot(left, right + j * k, k);
    }
  });
  write(y, call.out[0], ys);
}

Run prepare(const Problem& p) {
  const Operand a = make_operand(p.in[0], attr_str(p, "op0", "none"), true);
  const Operand b = make_operand(p.in[1], attr_str(p, "op1", "none"), false);
  Shape batch(std::max(a.batch.size(), b.batch.size()), 1);
  for (const Shape* s : {&a.batch, &b.batch}) {
    for (size_t i = 0; i < s->size(); ++i) {
      int64_t& d = batch[batch.size() - s->size() + i];
      if ((*s)[i] != 1) d = (*s)[i];
    }
  }
  const int64_t k = a.desc.shape[a.perm.back()];
  TENON_CHECK(k == b.desc.shape[b.perm.back()], "matrix_multiply: shapes ", str(p.in[0].shape),
              " and ", str(p.in[1].shape), " do not fit");
  return [a, b, batch, k, y = p.out[0]](const Call& call) {
    if (is_float(y.dtype))
      run<double>(a, b, y, batch, k, call);
    else
      run<int64_t>(a, b, y, batch, k, call);
  };
}

const RegisterReference kRegister{"matrix_multiply", any_dtype, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
