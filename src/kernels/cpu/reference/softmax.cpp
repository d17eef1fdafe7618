// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/cpu/reference/lines.h"

namespace tenon::kernels::reference {

namespace {

void softmax_line(std::vector<double>& v, bool log) {
  if (v.empty()) return;
  const double top = *std::max_element(v.begin(), v.end());
  double sum = 0;
  for (double x : v) sum += std::exp(x - top);
  for (double& x : v) x = log ? x - top - std::log(sum) : std::exp(x - top) / sum;
}

Run prepare(const Problem& p) {
  const int64_t axis = attr_int(p, "axis", -1);
  const bool log = attr_bool(p, "log", false);
  return [log, x = Lines(p.in[0], axis), y = Lines(p.out[0], axis)](const Call& call) {
    for_lines<double>(x, call.in[0], [&](int64_t line, std::vector<double>& v) {
      softmax_line(v, log);
      y.store_line(call.out[0], line, v);
    });
  };
}

const RegisterReference kRegister{"softmax", float_dtypes, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
