// SPDX-License-Identifier: Apache-2.0
// softmax(q k^T * scale + mask) v, one query row at a time. A row with nothing to attend to is
// zero.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/reference/dot.h"
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

struct Attention {
  TensorDesc q, k, v, mask, y;
  Shape q_perm, k_perm, v_perm, y_perm;       // from the stored order to b, h, s, d
  int q_part = -1, k_part = -1, v_part = -1;  // of a packed tensor, else -1
  double scale;
  bool causal;
  int64_t batch, heads, kv_heads, queries, keys, depth, value_depth;

  void mask_row(const Call& call, int64_t b, int64_t h, int64_t s, std::vector<double>& w) const;
  void run(const Call& call) const;
};

void Attention::mask_row(const Call& call, int64_t b, int64_t h, int64_t s,
                         std::vector<double>& w) const {
  for (int64_t t = s + 1; causal && t < keys; ++t) w[t] = kMinusInfinity;
  if (!mask.present) return;
  const Shape st = broadcast_strides(mask, {batch, heads, queries, keys});
  const int64_t start = b * st[0] + h * st[1] + s * st[2];
  for (int64_t t = 0; t < keys; ++t) {
    const double m = load_double(mask.dtype, call.in[3], start + t * st[3]);
    if (mask.dtype != DataType::kBOOL)
      w[t] += m;
    else if (m == 0)
      w[t] = kMinusInfinity;
  }
}

// Weights are not normalised; the result is divided by their sum, which is returned.
double exponentials(std::vector<double>& w) {
  double top = kMinusInfinity, sum = 0;
  for (double x : w) top = std::isnan(x) || x > top ? x : top;
  for (double& x : w) sum += x = top == kMinusInfinity ? 0.0 : std::exp(x - top);
  return sum;
}

/// An operand as [b, h, s, d].
std::vector<double> read_operand(const TensorDesc& d, const void* data, const Shape& perm,
                                 int part) {
  auto all = read_permuted<double>(d, data, perm);
  if (part < 0) return all;
  const auto third = static_cast<std::ptrdiff_t>(all.size() / 3);
  return {all.begin() + part * third, all.begin() + (part + 1) * third};
}

void Attention::run(const Call& call) const {
  const auto qs = read_operand(q, call.in[0], q_perm, q_part);
  const auto ks = read_operand(k, call.in[1], k_perm, k_part);
  const auto vs = read_operand(v, call.in[2], v_perm, v_part);
  const Shape ys = y.strides();
  guarded_for(batch * heads * queries, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> w(keys), out(value_depth);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t s = i % queries, h = i / queries % heads, b = i / queries / heads;
      const int64_t kv = (b * kv_heads + h / (heads / kv_heads)) * keys;
      for (int64_t t = 0; t < keys; ++t) {
        w[t] = scale * dot(qs.data() + i * depth, ks.data() + (kv + t) * depth, depth);
      }
      mask_row(call, b, h, s, w);
      const double sum = exponentials(w);
      std::fill(out.begin(), out.end(), 0.0);
      for (int64_t t = 0; t < keys; ++t) {
        if (w[t] == 0) continue;  // not attended to, whatever the value holds
        const double* row = vs.data() + (kv + t) * value_depth;
        for (int64_t d = 0; d < value_depth; ++d) out[d] += w[t] * row[d];
      }
      const int64_t at = b * ys[y_perm[0]] + h * ys[y_perm[1]] + s * ys[y_perm[2]];
      for (int64_t d = 0; d < value_depth; ++d) {
        store_double(y.dtype, call.out[0], at + d * ys[y_perm[3]], sum == 0 ? 0.0 : out[d] / sum);
      }
    }
  });
}

/// Which part of a packed tensor [b, s, 3, h, d] the operand is, or -1.
int part_of(const Problem& p, const char* attr) {
  const std::string layout = attr_str(p, attr, "bhsd");
  return layout.rfind("qkv", 0) == 0 ? layout.back() - '0' : -1;
}

Shape perm_of(const Problem& p, const char* attr) {
  if (part_of(p, attr) >= 0) return {2, 0, 3, 1, 4};
  return attr_str(p, attr, "bhsd") == "bshd" ? Shape{0, 2, 1, 3} : Shape{0, 1, 2, 3};
}

Support supports(const Problem& p) {
  for (size_t i = 0; i < 3; ++i) {
    if (!is_float(p.in[i].dtype)) return Support::no("query, key and value have to be floats");
    static const char* const kLayouts[] = {"query_layout", "key_layout", "value_layout"};
    const size_t rank = part_of(p, kLayouts[i]) >= 0 ? 5 : 4;
    if (p.in[i].shape.size() != rank) {
      return Support::no("input " + std::to_string(i) + " has rank " +
                         std::to_string(p.in[i].shape.size()) + "; wanted " + std::to_string(rank));
    }
  }
  const TensorDesc mask = input(p, 3);
  if (mask.present && !is_float(mask.dtype) && mask.dtype != DataType::kBOOL) {
    return Support::no(std::string("mask of ") + name_of(mask.dtype));
  }
  return Support::yes();
}

Run prepare(const Problem& p) {
  Attention a{p.in[0],
              p.in[1],
              p.in[2],
              input(p, 3),
              p.out[0],
              perm_of(p, "query_layout"),
              perm_of(p, "key_layout"),
              perm_of(p, "value_layout"),
              perm_of(p, "output_layout"),
              part_of(p, "query_layout"),
              part_of(p, "key_layout"),
              part_of(p, "value_layout"),
              attr_float(p, "scale", 0),
              attr_bool(p, "causal", false),
              0,
              0,
              0,
              0,
              0,
              0,
              0};
  auto size = [](const TensorDesc& d, const Shape& perm, int i) {
    return d.shape[static_cast<size_t>(perm[static_cast<size_t>(i) + perm.size() - 4])];
  };
  a.batch = size(a.q, a.q_perm, 0);
  a.heads = size(a.q, a.q_perm, 1);
  a.queries = size(a.q, a.q_perm, 2);
  a.depth = size(a.q, a.q_perm, 3);
  a.kv_heads = size(a.k, a.k_perm, 1);
  a.keys = size(a.k, a.k_perm, 2);
  a.value_depth = size(a.v, a.v_perm, 3);
  TENON_CHECK(a.kv_heads > 0 && a.heads % a.kv_heads == 0, "attention: ", a.heads,
              " query heads over ", a.kv_heads, " key heads");
  if (a.scale == 0) a.scale = 1 / std::sqrt(static_cast<double>(a.depth));
  return [a](const Call& call) { a.run(call); };
}

const RegisterReference kRegister{"attention", supports, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
