// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/lines.h"

namespace tenon::kernels::reference {

namespace {

template <typename A>
void run(const Lines& x, const Lines& y, const Call& call) {
  using W = std::conditional_t<std::is_same_v<A, double>, double, uint64_t>;  // integers wrap
  for_lines<A>(x, call.in[0], [&](int64_t line, std::vector<A>& v) {
    W sum = 0;
    for (A& e : v) e = static_cast<A>(sum += static_cast<W>(e));
    y.store_line(call.out[0], line, v);
  });
}

Run prepare(const Problem& p) {
  const int64_t axis = attr_int(p, "axis", 0);
  return [fl = is_float(p.in[0].dtype), x = Lines(p.in[0], axis),
          y = Lines(p.out[0], axis)](const Call& call) {
    if (fl)
      run<double>(x, y, call);
    else
      run<int64_t>(x, y, call);
  };
}

const RegisterReference kRegister{"cumsum", any_dtype, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
