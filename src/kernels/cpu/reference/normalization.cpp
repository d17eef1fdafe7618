// SPDX-License-Identifier: Apache-2.0
// normalization (layer norm and RMS norm over the last dims, after an optional residual) and
// group_norm, which normalises each group of channels and then scales per channel.
#include <cmath>

#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

struct Norm {
  TensorDesc x, scale, bias, residual, y;
  double epsilon;
  bool rms;
  int64_t span;      // elements normalised together, consecutive in row-major order
  int64_t channels;  // element i is scaled by scale[i / inner % channels]
  int64_t inner;

  void normalise(double* v) const {
    double mean = 0, square = 0;
    for (int64_t i = 0; i < span && !rms; ++i) mean += v[i] / static_cast<double>(span);
    for (int64_t i = 0; i < span; ++i) square += (v[i] - mean) * (v[i] - mean);
    const double factor = 1 / std::sqrt(square / static_cast<double>(span) + epsilon);
    for (int64_t i = 0; i < span; ++i) v[i] = (v[i] - mean) * factor;
  }

  void run(const Call& call) const {
    auto vs = read<double>(x, call.in[0]);
    const auto ss = scale.present ? read<double>(scale, call.in[1]) : std::vector<double>();
    const auto bs = bias.present ? read<double>(bias, call.in[2]) : std::vector<double>();
    const auto rs = residual.present ? read<double>(residual, call.in[3]) : std::vector<double>();
    const int64_t groups = span == 0 ? 0 : x.elements() / span;
    guarded_for(groups, 1 + 1024 / (span + 1), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * span; i < end * span && !rs.empty(); ++i) vs[i] += rs[i];
      for (int64_t g = begin; g < end; ++g) normalise(vs.data() + g * span);
      for (int64_t i = begin * span; i < end * span; ++i) {
        const int64_t c = i / inner % channels;
        if (!ss.empty()) vs[i] *= ss[c];
        if (!bs.empty()) vs[i] += bs[c];
      }
    });
    write(y, call.out[0], vs);
  }
};

Run prepare_layer_norm(const Problem& p) {
  const size_t rank = p.in[0].shape.size(), n = static_cast<size_t>(attr_int(p, "rank", 1));
  TENON_CHECK(n >= 1 && n <= rank, "normalization over the last ", n, " dims of rank ", rank);
  const int64_t span = volume(p.in[0].shape, rank - n, rank);
  Norm norm{p.in[0],
            input(p, 1),
            input(p, 2),
            input(p, 3),
            p.out[0],
            attr_float(p, "epsilon", 1e-5),
            attr_bool(p, "rms", false),
            span,
            span,
            1};
  return [norm](const Call& call) { norm.run(call); };
}

Run prepare_group_norm(const Problem& p) {
  const Shape& s = p.in[0].shape;
  const int64_t groups = attr_int(p, "groups", 1);
  TENON_CHECK(s.size() >= 2 && groups >= 1 && s[1] % groups == 0, "group_norm: shape ", str(s),
              " in ", groups, " groups");
  const int64_t inner = volume(s, 2, s.size());
  TensorDesc none;
  none.present = false;
  Norm norm{
      p.in[0], input(p, 1),           input(p, 2), none, p.out[0], attr_float(p, "epsilon", 1e-5),
      false,   s[1] / groups * inner, s[1],        inner};
  return [norm](const Call& call) { norm.run(call); };
}

const RegisterReference kNormalization{"normalization", float_dtypes, prepare_layer_norm};
const RegisterReference kGroupNorm{"group_norm", float_dtypes, prepare_group_norm};

}  // namespace

}  // namespace tenon::kernels::reference
