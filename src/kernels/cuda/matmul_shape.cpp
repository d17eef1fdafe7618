// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/matmul_shape.h"

#include <algorithm>

namespace tenon::kernels {
namespace {

using cpu::Ints;

/// One operand: the sizes of its matrix as stored, and its batch dims.
struct Stored {
  int64_t rows = 1, columns = 1;
  Ints batch;
};

Stored stored(const TensorDesc& d, const std::string& op, bool left) {
  const size_t rank = d.shape.size(), matrix = op == "vector" ? 1 : 2;
  TENON_CHECK(rank >= matrix, "matrix_multiply operand has rank ", rank, " with op \"", op, "\"");
  Stored s;
  s.batch.assign(d.shape.begin(), d.shape.end() - static_cast<int64_t>(matrix));
  if (matrix == 2) {
    s.rows = d.shape[rank - 2];
    s.columns = d.shape[rank - 1];
  } else {
    (left ? s.columns : s.rows) =
        d.shape[rank - 1];  // a row from the left, a column from the right
  }
  return s;
}

Ints broadcast(const Ints& a, const Ints& b) {
  Ints out(std::max(a.size(), b.size()), 1);
  for (const Ints* s : {&a, &b})
    for (size_t i = 0; i < s->size(); ++i)
      if ((*s)[i] != 1) out[out.size() - s->size() + i] = (*s)[i];
  return out;
}

/// Strides in matrices over the broadcast batch.
Ints batch_strides(const Ints& own, const Ints& out) {
  TensorDesc d;
  d.shape = own;
  return cpu::broadcast_strides(d, out);
}

void set_batch(MatmulShape& s, const Ints& a, const Ints& b) {
  const Ints out = broadcast(a, b);
  const cpu::Space space =
      cpu::make_space(out, {cpu::row_major(out), batch_strides(a, out), batch_strides(b, out)});
  s.batch = space.dims;
  s.a_batch = space.strides[1];
  s.b_batch = space.strides[2];
  for (int64_t& stride : s.a_batch) stride *= s.m * s.k;
  for (int64_t& stride : s.b_batch) stride *= s.k * s.n;
}

}  // namespace

MatmulShape matrix_multiply_shape(const Problem& p) {
  const std::string op0 = attr_str(p, "op0", "none"), op1 = attr_str(p, "op1", "none");
  const Stored a = stored(p.in[0], op0, true), b = stored(p.in[1], op1, false);
  MatmulShape s;
  s.a_transposed = op0 == "transpose";
  s.b_transposed = op1 == "transpose";
  s.m = s.a_transposed ? a.columns : a.rows;
  s.k = s.a_transposed ? a.rows : a.columns;
  s.n = s.b_transposed ? b.rows : b.columns;
  TENON_CHECK(s.k == (s.b_transposed ? b.columns : b.rows), "matrix_multiply: shapes ",
              str(p.in[0].shape), " and ", str(p.in[1].shape), " do not fit");
  s.a_row = s.a_transposed ? 1 : s.k;
  s.a_k = s.a_transposed ? s.m : 1;
  s.b_k = s.b_transposed ? 1 : s.n;
  s.b_column = s.b_transposed ? s.k : 1;
  set_batch(s, a.batch, b.batch);
  return s;
}

MatmulShape linear_shape(const Problem& p) {
  MatmulShape s;
  s.n = p.in[1].shape.at(0);
  s.k = p.in[1].shape.at(1);
  s.m = s.n > 0 ? p.out[0].elements() / s.n : 0;
  s.a_row = s.b_column = s.k;
  s.a_k = s.b_k = 1;
  s.b_transposed = true;
  s.batch = {1};
  s.a_batch = s.b_batch = {0};
  return s;
}

Support supports_plain_operands(const Problem& p) {
  const TensorDesc& y = p.out[0];
  if (!y.plain()) return Support::no("plain layout only");
  for (const TensorDesc& d : p.in) {
    if (!d.present) continue;
    if (d.dtype != y.dtype) return Support::no("operands of different types");
    if (!d.plain()) return Support::no("plain layout only");
    if (!d.format.empty()) return Support::no("packed operand");
  }
  return Support::yes();
}

MatmulShape batch_as_rows(MatmulShape s) {
  const bool one = s.batch.size() == 1 && s.b_batch[0] == 0;
  if (!one || s.a_transposed || s.a_batch[0] != s.m * s.k) return s;
  s.m *= s.batch[0];
  s.batch = {1};
  s.a_batch = {0};
  return s;
}

}  // namespace tenon::kernels
