// SPDX-License-Identifier: Apache-2.0
// activation(conv(x, w) + bias + residual), accumulated in double. Dense double copies of the
// operands; one task per output plane, which is built up by whole rows.
#include <algorithm>

#include "kernels/cpu/reference/scalar_ops.h"
#include "kernels/cpu/reference/spatial.h"

namespace tenon::kernels::reference {

namespace {

Support supports(const Problem& p) {
  if (Support s = float_dtypes(p); !s) return s;
  return spatial_rank(p);
}

struct Convolution {
  Window win;
  TensorDesc x, w, bias, residual, y;
  int64_t groups;
  const ScalarOp* activation;
  double alpha, beta;

  void add_row(const double* in, double weight, int64_t kw, double* out) const;
  void add_channel(const double* in, const double* kernel, double* out) const;
  void finish(double* plane, int64_t size, double b, const double* res) const;
  void run(const Call& call) const;
};

// out[o] += weight * in[o * stride + k * dilation - pad] where that exists.
void Convolution::add_row(const double* in, double weight, int64_t kw, double* out) const {
  const int64_t shift = win.source(2, 0, kw), step = win.stride[2];
  const int64_t first = shift >= 0 ? 0 : (-shift + step - 1) / step;
  const int64_t room = win.in[2] - shift;  // positions o with o * step < room
  const int64_t last = room <= 0 ? 0 : std::min(win.out[2], (room + step - 1) / step);
  for (int64_t o = first; o < last; ++o) out[o] += weight * in[o * step + shift];
}

void Convolution::add_channel(const double* in, const double* kernel, double* out) const {
  for (int64_t kd = 0; kd < win.kernel[0]; ++kd) {
    for (int64_t kh = 0; kh < win.kernel[1]; ++kh) {
      for (int64_t kw = 0; kw < win.kernel[2]; ++kw) {
        const double weight = *kernel++;
        for (int64_t d = 0; d < win.out[0]; ++d) {
          const int64_t sd = win.source(0, d, kd);
          if (sd < 0 || sd >= win.in[0]) continue;
          for (int64_t h = 0; h < win.out[1]; ++h) {
            const int64_t sh = win.source(1, h, kh);
            if (sh < 0 || sh >= win.in[1]) continue;
            add_row(in + (sd * win.in[1] + sh) * win.in[2], weight, kw,
                    out + (d * win.out[1] + h) * win.out[2]);
          }
        }
      }
    }
  }
}

void Convolution::finish(double* plane, int64_t size, double b, const double* res) const {
  for (int64_t i = 0; i < size; ++i) {
    plane[i] += b + (res ? res[i] : 0.0);
    if (activation) plane[i] = activation->float1(plane[i], alpha, beta);
  }
}

void Convolution::run(const Call& call) const {
  const auto xs = read<double>(x, call.in[0]), ws = read<double>(w, call.in[1]);
  const auto bs = bias.present ? read<double>(bias, call.in[2]) : std::vector<double>();
  const auto rs = residual.present ? read<double>(residual, call.in[3]) : std::vector<double>();
  std::vector<double> ys(y.elements(), 0.0);
  const int64_t out_channels = y.shape[1], in_channels = x.shape[1];
  const int64_t per_group = in_channels / groups, out_per_group = out_channels / groups;
  const int64_t in_plane = product(win.in), out_plane = product(win.out);
  const int64_t taps = product(win.kernel);
  guarded_for(y.shape[0] * out_channels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t n = i / out_channels, k = i % out_channels;
      const int64_t first = n * in_channels + k / out_per_group * per_group;
      double* plane = ys.data() + i * out_plane;
      for (int64_t c = 0; c < per_group; ++c) {
        add_channel(xs.data() + (first + c) * in_plane, ws.data() + (k * per_group + c) * taps,
                    plane);
      }
      finish(plane, out_plane, bs.empty() ? 0.0 : bs[k],
             rs.empty() ? nullptr : rs.data() + i * out_plane);
    }
  });
  write(y, call.out[0], ys);
}

Run prepare(const Problem& p) {
  const Shape& w = p.in[1].shape;
  Convolution c{make_window(p, Shape(w.begin() + 2, w.end())),
                p.in[0],
                p.in[1],
                input(p, 2),
                input(p, 3),
                p.out[0],
                attr_int(p, "groups", 1),
                find_activation(attr_str(p, "activation", "")),
                attr_float(p, "alpha", 0),
                attr_float(p, "beta", 0)};
  return [c](const Call& call) { c.run(call); };
}

const RegisterReference kRegister{"convolution", supports, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
