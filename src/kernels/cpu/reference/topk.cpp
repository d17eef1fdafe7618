// SPDX-License-Identifier: Apache-2.0
// topk and arg_reduce: positions of the largest or smallest elements of each line.
#include "kernels/cpu/reference/lines.h"

namespace tenon::kernels::reference {

namespace {

template <typename A>
void topk(const Lines& x, const Lines& values, const Lines& indices, bool largest,
          const Call& call) {
  for_lines<A>(x, call.in[0], [&](int64_t line, std::vector<A>& v) {
    const std::vector<int64_t> best = ranking(v, largest, indices.length());
    std::vector<A> chosen;
    for (int64_t i : best) chosen.push_back(v[i]);
    values.store_line(call.out[0], line, chosen);
    indices.store_line(call.out[1], line, best);
  });
}

Support supports_topk(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  const int64_t k = attr_int(p, "k", 1), n = Lines(p.in[0], attr_int(p, "axis", -1)).length();
  if (k < 0 || k > n) {
    return Support::no("k is " + std::to_string(k) + " of " + std::to_string(n) + " elements");
  }
  return Support::yes();
}

Run prepare_topk(const Problem& p) {
  const int64_t axis = attr_int(p, "axis", -1);
  return [fl = is_float(p.in[0].dtype), largest = attr_bool(p, "largest", true),
          x = Lines(p.in[0], axis), values = Lines(p.out[0], axis),
          indices = Lines(p.out[1], axis)](const Call& call) {
    if (fl)
      topk<double>(x, values, indices, largest, call);
    else
      topk<int64_t>(x, values, indices, largest, call);
  };
}

Support supports_arg(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  if (p.out[0].elements() > 0 && p.in[0].elements() == 0) {
    return Support::no("the position of the best of no elements is not defined");
  }
  return Support::yes();
}

template <typename A>
void arg_reduce(const Lines& x, const TensorDesc& y, bool largest, const Call& call) {
  std::vector<int64_t> ys(y.elements());
  for_lines<A>(x, call.in[0],
               [&](int64_t line, std::vector<A>& v) { ys[line] = ranking(v, largest, 1)[0]; });
  write(y, call.out[0], ys);
}

// torch finds NaN both by argmax and by argmin; to a ranking NaN is the largest.
void arg_reduce_float(const Lines& x, const TensorDesc& y, bool largest, const Call& call) {
  std::vector<int64_t> ys(y.elements());
  for_lines<double>(x, call.in[0], [&](int64_t line, std::vector<double>& v) {
    const int64_t top = ranking(v, true, 1)[0];
    ys[line] = largest || v[top] != v[top] ? top : ranking(v, false, 1)[0];
  });
  write(y, call.out[0], ys);
}

Run prepare_arg(const Problem& p) {
  const bool largest = attr_str(p, "operation", "max") == "max";
  return [largest, fl = is_float(p.in[0].dtype), x = Lines(p.in[0], attr_int(p, "axis", 0)),
          y = p.out[0]](const Call& call) {
    if (fl)
      arg_reduce_float(x, y, largest, call);
    else
      arg_reduce<int64_t>(x, y, largest, call);
  };
}

const RegisterReference kTopK{"topk", supports_topk, prepare_topk};
const RegisterReference kArgReduce{"arg_reduce", supports_arg, prepare_arg};

}  // namespace

}  // namespace tenon::kernels::reference
