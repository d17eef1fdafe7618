// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

enum class Op { kSum, kProd, kMax, kMin, kAvg, kAny, kAll, kNone };

Op op_of(const Problem& p) {
  const std::string name = attr_str(p, "operation", "sum");
  const char* const names[] = {"sum", "prod", "max", "min", "avg", "any", "all"};
  for (int i = 0; i < 7; ++i) {
    if (name == names[i]) return static_cast<Op>(i);
  }
  return Op::kNone;
}

template <typename A>
A identity_of(Op op) {
  using Limits = std::numeric_limits<A>;
  switch (op) {
    case Op::kProd:
    case Op::kAll:
      return 1;
    case Op::kMax:
      return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    case Op::kMin:
      return Limits::has_infinity ? Limits::infinity() : Limits::max();
    default:
      return 0;
  }
}

template <typename A>
bool is_nan(A v) {
  if constexpr (std::is_same_v<A, double>)
    return std::isnan(v);
  else
    return false;
}

// NaN wins over everything in max and min; integers wrap.
template <typename A>
A combine(Op op, A acc, A v) {
  using W = std::conditional_t<std::is_same_v<A, double>, double, uint64_t>;
  switch (op) {
    case Op::kProd:
      return static_cast<A>(static_cast<W>(acc) * static_cast<W>(v));
    case Op::kMax:
      return is_nan(v) || v > acc ? v : acc;
    case Op::kMin:
      return is_nan(v) || v < acc ? v : acc;
    case Op::kAny:
      return acc != 0 || v != 0;
    case Op::kAll:
      return acc != 0 && v != 0;
    default:
      return static_cast<A>(static_cast<W>(acc) + static_cast<W>(v));
  }
}

// The positions of an output element's sources: `kept` dims select, `reduced` dims are walked.
struct Reduce {
  Op op;
  TensorDesc x, y;
  Shape kept, kept_strides, reduced, reduced_strides;

  template <typename A>
  void run(const Call& call) const {
    std::vector<A> ys(y.elements());
    const int64_t count = volume(reduced);
    const std::vector<Shape> outer{kept_strides}, inner{reduced_strides};
    guarded_for(y.elements(), 1 + 4096 / (count + 1), [&](int64_t begin, int64_t end) {
      Walker o(kept, outer, begin);
      for (int64_t i = begin; i < end; ++i, o.next()) {
        A acc = identity_of<A>(op);
        if (count > 0) {
          Walker w(reduced, inner, 0);
          for (int64_t j = 0; j < count; ++j, w.next()) {
            acc = combine(op, acc, load<A>(x.dtype, call.in[0], o.offset(0) + w.offset(0)));
          }
        }
        if (op == Op::kAvg) acc = acc / static_cast<A>(count);
        ys[i] = acc;
      }
    });
    write(y, call.out[0], ys);
  }
};

std::vector<bool> reduced_dims(const Problem& p) {
  std::vector<bool> is(p.in[0].shape.size(), false);
  for (int64_t a : attr_ints(p, "axes")) is[net::wrap_axis(a, is.size())] = true;
  return is;
}

Support supports(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  const Op op = op_of(p);
  if (op == Op::kNone) return Support::no("no reduction \"" + attr_str(p, "operation", "") + "\"");
  if (op == Op::kAvg && !is_float(p.in[0].dtype)) {
    return Support::no(std::string("average of ") + name_of(p.in[0].dtype));
  }
  if ((op == Op::kMax || op == Op::kMin) && p.in[0].elements() == 0 && p.out[0].elements() > 0) {
    return Support::no("max and min of no elements are not defined");
  }
  return Support::yes();
}

Run prepare(const Problem& p) {
  Reduce r{op_of(p), p.in[0], p.out[0], {}, {}, {}, {}};
  const std::vector<bool> reduced = reduced_dims(p);
  const Shape strides = r.x.strides();
  for (size_t d = 0; d < reduced.size(); ++d) {
    (reduced[d] ? r.reduced : r.kept).push_back(r.x.shape[d]);
    (reduced[d] ? r.reduced_strides : r.kept_strides).push_back(strides[d]);
  }
  return [r](const Call& call) {
    if (is_float(r.x.dtype))
      r.run<double>(call);
    else
      r.run<int64_t>(call);
  };
}

const RegisterReference kRegister{"reduce", supports, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
