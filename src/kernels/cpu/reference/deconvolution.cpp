// SPDX-License-Identifier: Apache-2.0
// Transposed convolution: every input element is spread over the output through the kernel.
#include "kernels/cpu/reference/spatial.h"

namespace tenon::kernels::reference {

namespace {

Support supports(const Problem& p) {
  if (Support s = float_dtypes(p); !s) return s;
  return spatial_rank(p);
}

// Here the window maps input positions to output positions.
void spread_channel(const Window& win, const double* in, const double* kernel, double* out) {
  const Three &size = win.in, &target = win.out;
  for (int64_t kd = 0; kd < win.kernel[0]; ++kd) {
    for (int64_t kh = 0; kh < win.kernel[1]; ++kh) {
      for (int64_t kw = 0; kw < win.kernel[2]; ++kw) {
        const double weight = *kernel++;
        for (int64_t i = 0; i < product(size); ++i) {
          const int64_t d = win.source(0, i / (size[1] * size[2]), kd);
          const int64_t h = win.source(1, i / size[2] % size[1], kh);
          const int64_t w = win.source(2, i % size[2], kw);
          if (d < 0 || d >= target[0] || h < 0 || h >= target[1] || w < 0 || w >= target[2]) {
            continue;
          }
          out[(d * target[1] + h) * target[2] + w] += weight * in[i];
        }
      }
    }
  }
}

Run prepare(const Problem& p) {
  const Shape& kernel = p.in[1].shape;
  const Window win = make_window(p, Shape(kernel.begin() + 2, kernel.end()));
  const int64_t groups = attr_int(p, "groups", 1);
  return [win, groups, x = p.in[0], w = p.in[1], bias = input(p, 2),
          y = p.out[0]](const Call& call) {
    const auto xs = read<double>(x, call.in[0]), ws = read<double>(w, call.in[1]);
    const auto bs = bias.present ? read<double>(bias, call.in[2]) : std::vector<double>();
    std::vector<double> ys(y.elements(), 0.0);
    const int64_t channels = x.shape[1], filters = y.shape[1];
    const int64_t per_group = channels / groups, filters_per_group = filters / groups;
    const int64_t taps = product(win.kernel), out_plane = product(win.out);
    guarded_for(y.shape[0] * filters, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t n = i / filters, k = i % filters;
        const int64_t first = k / filters_per_group * per_group;
        double* plane = ys.data() + i * out_plane;
        for (int64_t c = first; c < first + per_group; ++c) {
          spread_channel(win, xs.data() + (n * channels + c) * product(win.in),
                         ws.data() + (c * filters_per_group + k % filters_per_group) * taps, plane);
        }
        for (int64_t o = 0; o < out_plane && !bs.empty(); ++o) plane[o] += bs[k];
      }
    });
    write(y, call.out[0], ys);
  };
}

const RegisterReference kRegister{"deconvolution", supports, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
