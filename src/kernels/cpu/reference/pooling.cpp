// SPDX-License-Identifier: Apache-2.0
// pooling and adaptive_pooling: max or average of a box of each plane. The window covers the last n
// dims; everything in front of them counts as planes.
#include <cmath>
#include <limits>

#include "kernels/cpu/reference/scalar_ops.h"
#include "kernels/cpu/reference/spatial.h"

namespace tenon::kernels::reference {

namespace {

// Source positions of one output position along one dim.
struct Taps {
  int64_t begin, step, count;  // begin + i * step, some of which may lie outside
  int64_t divisor;             // how many of them an average counts
};
using TapTable = std::vector<Taps>;  // per output position

template <typename A>
A lowest() {
  if constexpr (std::is_same_v<A, double>)
    return -std::numeric_limits<double>::infinity();
  else
    return std::numeric_limits<int64_t>::min();
}

double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

template <typename A>
A pool_one(const A* plane, const Three& in, const Taps& d, const Taps& h, const Taps& w, bool max,
           A first) {
  A acc = first;
  for (int64_t i = 0; i < d.count; ++i) {
    const int64_t sd = d.begin + i * d.step;
    if (sd < 0 || sd >= in[0]) continue;
    for (int64_t j = 0; j < h.count; ++j) {
      const int64_t sh = h.begin + j * h.step;
      if (sh < 0 || sh >= in[1]) continue;
      for (int64_t k = 0; k < w.count; ++k) {
        const int64_t sw = w.begin + k * w.step;
        if (sw < 0 || sw >= in[2]) continue;
        const A v = plane[(sd * in[1] + sh) * in[2] + sw];
        acc = max ? larger(v, acc) : acc + v;
      }
    }
  }
  const int64_t divisor = d.divisor * h.divisor * w.divisor;
  return max || divisor == 0 ? acc : static_cast<A>(acc / divisor);
}

struct Pool {
  TensorDesc x, y;
  Three in, out;
  std::array<TapTable, 3> taps;
  bool max, relu = false;

  template <typename A>
  void run(const Call& call) const {
    const auto xs = read<A>(x, call.in[0]);
    std::vector<A> ys(y.elements());
    const int64_t out_plane = product(out);
    const A first = max && !relu ? lowest<A>() : A(0);
    guarded_for(y.elements(), 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t o = i % out_plane;
        ys[i] =
            pool_one(xs.data() + i / out_plane * product(in), in, taps[0][o / (out[1] * out[2])],
                     taps[1][o / out[2] % out[1]], taps[2][o % out[2]], max, first);
      }
    });
    write(y, call.out[0], ys);
  }
};

Support supports(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  const std::string type = attr_str(p, "type", p.layer->op == "pooling" ? "max" : "average");
  if (type != "max" && type != "average") return Support::no("no pooling type \"" + type + "\"");
  if (type == "average" && !is_float(p.in[0].dtype)) {
    return Support::no(std::string("average of ") + name_of(p.in[0].dtype));
  }
  const std::string activation = attr_str(p, "activation", "");
  if (!activation.empty() && (activation != "relu" || type != "max"))
    return Support::no("no " + type + " pooling with activation \"" + activation + "\"");
  return Support::yes();
}

Run finish(Pool pool) {
  return [pool = std::move(pool)](const Call& call) {
    if (is_float(pool.x.dtype))
      pool.run<double>(call);
    else
      pool.run<int64_t>(call);
  };
}

// An average counts window positions inside the input, or inside the padded input (in ceil mode a
// window may reach beyond even that).
int64_t count_inside(const Window& w, int d, int64_t o, bool exclude_padding) {
  const int64_t low = exclude_padding ? 0 : -w.pre[d];
  const int64_t high = w.in[d] + (exclude_padding ? 0 : w.post[d]);
  int64_t n = 0;
  for (int64_t k = 0; k < w.kernel[d]; ++k) {
    const int64_t s = w.source(d, o, k);
    n += s >= low && s < high;
  }
  return n;
}

Run prepare(const Problem& p) {
  const std::vector<int64_t> window = attr_ints(p, "window");
  TENON_CHECK(!window.empty() && window.size() <= 3 && window.size() <= p.in[0].shape.size(),
              "pooling window ", str(window), " over shape ", str(p.in[0].shape));
  const Window w = make_window(p, window);
  const bool exclude = attr_bool(p, "exclude_padding", true);
  Pool pool{p.in[0],
            p.out[0],
            w.in,
            w.out,
            {},
            attr_str(p, "type", "max") == "max",
            attr_str(p, "activation", "") == "relu"};
  for (int d = 0; d < 3; ++d) {
    for (int64_t o = 0; o < w.out[d]; ++o) {
      pool.taps[d].push_back(
          {w.source(d, o, 0), w.dilation[d], w.kernel[d], count_inside(w, d, o, exclude)});
    }
  }
  return finish(std::move(pool));
}

Run prepare_adaptive(const Problem& p) {
  const size_t n = attr_ints(p, "output_size").size();
  TENON_CHECK(n >= 1 && n <= 3 && n <= p.in[0].shape.size(), "adaptive_pooling of ", n, " dims");
  Pool pool{p.in[0],
            p.out[0],
            last_dims(p.in[0].shape, n),
            last_dims(p.out[0].shape, n),
            {},
            attr_str(p, "type", "average") == "max"};
  for (int d = 0; d < 3; ++d) {
    const int64_t in = pool.in[d], out = pool.out[d];
    for (int64_t o = 0; o < out; ++o) {
      const int64_t begin = o * in / out, end = ((o + 1) * in + out - 1) / out;
      pool.taps[d].push_back({begin, 1, end - begin, end - begin});
    }
  }
  return finish(std::move(pool));
}

const RegisterReference kPooling{"pooling", supports, prepare};
const RegisterReference kAdaptive{"adaptive_pooling", supports, prepare_adaptive};

}  // namespace

}  // namespace tenon::kernels::reference
