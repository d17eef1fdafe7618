// SPDX-License-Identifier: Apache-2.0
// resize: per dim and output position, the input positions and weights that make it up, as torch's
// interpolate defines them; an output element is the weighted sum over their product.
#include <algorithm>
#include <cmath>

#include "kernels/cpu/reference/spatial.h"

namespace tenon::kernels::reference {

namespace {

struct Tap {
  int64_t position;
  double weight;
};
using Taps = std::vector<Tap>;

struct Axis {
  int64_t in, out;
  double factor;  // user-given scale, 0: none
  bool align_corners;

  double step() const {
    if (align_corners)
      return out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
    return factor > 0 ? 1 / factor : static_cast<double>(in) / static_cast<double>(out);
  }
  double source(int64_t o) const {
    const double at = static_cast<double>(o);
    return align_corners ? at * step() : (at + 0.5) * step() - 0.5;
  }
  int64_t clamped(int64_t i) const { return std::min(std::max<int64_t>(i, 0), in - 1); }
};

// torch does this in single precision, which decides ties.
Taps nearest(const Axis& a, int64_t o) {
  if (a.in == a.out && a.factor == 0) return {{o, 1.0}};
  const float step = a.factor > 0 ? static_cast<float>(1.0 / a.factor)
                                  : static_cast<float>(a.in) / static_cast<float>(a.out);
  return {{a.clamped(static_cast<int64_t>(std::floor(static_cast<float>(o) * step))), 1.0}};
}

Taps linear(const Axis& a, int64_t o) {
  const double at = std::max(a.source(o), 0.0);
  const int64_t low = a.clamped(static_cast<int64_t>(at));
  const double weight = std::min(at - static_cast<double>(low), 1.0);
  return {{low, 1 - weight}, {a.clamped(low + 1), weight}};
}

// Keys' cubic convolution with A = -0.75.
double cubic_weight(double distance) {
  constexpr double kA = -0.75;
  const double x = std::abs(distance);
  if (x <= 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  return x < 2 ? ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA : 0.0;
}

Taps cubic(const Axis& a, int64_t o) {
  const double at = a.source(o), base = std::floor(at);
  Taps taps;
  for (int i = -1; i <= 2; ++i) {
    taps.push_back({a.clamped(static_cast<int64_t>(base) + i), cubic_weight(at - base - i)});
  }
  return taps;
}

using Tables = std::array<std::vector<Taps>, 3>;

Tables make_tables(const Problem& p, const Three& in, const Three& out, size_t n) {
  const std::string mode = attr_str(p, "mode", "nearest");
  std::vector<double> scales = p.layer->get_or<std::vector<double>>("scales", {});
  Tables tables;
  for (size_t d = 0; d < 3; ++d) {
    const bool inner = d + n >= 3;
    const double factor = inner && !scales.empty() ? scales.at(d + n - 3) : 0;
    const Axis a{in[d], out[d], factor, attr_bool(p, "align_corners", false)};
    for (int64_t o = 0; o < out[d]; ++o) {
      if (!inner)
        tables[d].push_back({{0, 1.0}});
      else
        tables[d].push_back(mode == "nearest"  ? nearest(a, o)
                            : mode == "linear" ? linear(a, o)
                                               : cubic(a, o));
    }
  }
  return tables;
}

double weighted_sum(const double* plane, const Three& in, const Taps& d, const Taps& h,
                    const Taps& w) {
  double sum = 0;
  for (const Tap& i : d) {
    for (const Tap& j : h) {
      double row = 0;
      for (const Tap& k : w) {
        row += k.weight * plane[(i.position * in[1] + j.position) * in[2] + k.position];
      }
      sum += i.weight * j.weight * row;
    }
  }
  return sum;
}

Support supports(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  const std::string mode = attr_str(p, "mode", "nearest");
  if (mode != "nearest" && mode != "linear" && mode != "cubic") {
    return Support::no("no resize mode \"" + mode + "\"");
  }
  if (mode != "nearest" && !is_float(p.in[0].dtype)) {
    return Support::no("mode " + mode + " of " + name_of(p.in[0].dtype));
  }
  return Support::yes();
}

struct Resize {
  TensorDesc x, y;
  Three in, out;
  Tables tables;
  bool nearest;

  template <typename A>
  void run(const Call& call) const {
    const auto xs = read<A>(x, call.in[0]);
    std::vector<A> ys(y.elements());
    const int64_t out_plane = product(out);
    guarded_for(y.elements(), 256, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t o = i % out_plane;
        const A* plane = xs.data() + i / out_plane * product(in);
        const Taps &d = tables[0][o / (out[1] * out[2])], &h = tables[1][o / out[2] % out[1]];
        const Taps& w = tables[2][o % out[2]];
        if (nearest) {
          ys[i] = plane[(d[0].position * in[1] + h[0].position) * in[2] + w[0].position];
        } else if constexpr (std::is_same_v<A, double>) {
          ys[i] = weighted_sum(plane, in, d, h, w);
        }
      }
    });
    write(y, call.out[0], ys);
  }
};

Run prepare(const Problem& p) {
  const size_t n = attr_sizes(p, "output_size").size();
  TENON_CHECK(n >= 1 && n <= 3 && n <= p.in[0].shape.size(), "resize of ", n, " dims");
  Resize r{p.in[0],
           p.out[0],
           last_dims(p.in[0].shape, n),
           last_dims(p.out[0].shape, n),
           {},
           attr_str(p, "mode", "nearest") == "nearest"};
  if (p.out[0].elements() > 0) r.tables = make_tables(p, r.in, r.out, n);
  return [r = std::move(r)](const Call& call) {
    if (is_float(r.x.dtype))
      r.run<double>(call);
    else
      r.run<int64_t>(call);
  };
}

const RegisterReference kRegister{"resize", supports, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
