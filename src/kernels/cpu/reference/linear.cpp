// SPDX-License-Identifier: Apache-2.0
// activation(x w^T + bias + residual)
#include "kernels/cpu/reference/dot.h"
#include "kernels/cpu/reference/reference.h"
#include "kernels/cpu/reference/scalar_ops.h"

namespace tenon::kernels::reference {

namespace {

struct Linear {
  TensorDesc x, w, bias, residual, y;
  const ScalarOp* activation;
  double alpha, beta;

  double activate(double v) const { return activation ? activation->float1(v, alpha, beta) : v; }
  int64_t activate(int64_t v) const { return activation ? activation->int1(v) : v; }

  template <typename A>
  void run(const Call& call) const {
    const auto xs = read<A>(x, call.in[0]), ws = read<A>(w, call.in[1]);
    const auto bs = bias.present ? read<A>(bias, call.in[2]) : std::vector<A>();
    const auto rs = residual.present ? read<A>(residual, call.in[3]) : std::vector<A>();
    std::vector<A> ys(y.elements());
    const int64_t n = w.shape[0], k = w.shape[1];
    guarded_for(y.elements(), 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        A v = dot(xs.data() + i / n * k, ws.data() + i % n * k, k);
        if (!bs.empty()) v += bs[i % n];
        if (!rs.empty()) v += rs[i];
        ys[i] = activate(v);
      }
    });
    write(y, call.out[0], ys);
  }
};

Support supports(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  const ScalarOp* op = find_activation(attr_str(p, "activation", ""));
  if (op && !is_float(p.in[0].dtype) && !op->int1) {
    return Support::no("the activation is not defined for integers");
  }
  return Support::yes();
}

Run prepare(const Problem& p) {
  Linear l{p.in[0],
           p.in[1],
           input(p, 2),
           input(p, 3),
           p.out[0],
           find_activation(attr_str(p, "activation", "")),
           attr_float(p, "alpha", 0),
           attr_float(p, "beta", 0)};
  return [l](const Call& call) {
    if (is_float(l.y.dtype))
      l.run<double>(call);
    else
      l.run<int64_t>(call);
  };
}

const RegisterReference kRegister{"linear", supports, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
