// SPDX-License-Identifier: Apache-2.0
// convolution of small images with few channels (LeNet and the like), f32, plain layout, stride 1:
// where a library's set-up and layout changes cost more than the arithmetic. The image is copied
// into scratch with its padding around it, so that the inner loops know no borders. 2 flops a tap,
// output plane and position; 4 bytes an image element. Larger problems are left to others. Best
// measured: see the end of the line of bench/kernels/kernel_bench.cpp "conv_lenet".
#include "kernels/cpu/direct_conv.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/linear_support.h"

namespace tenon::kernels::cpu {

namespace {

struct Shape {
  DirectConvArgs args{};
  int64_t batch, in_h, in_w, pad_h, pad_w;
};

Shape shape_of(const Problem& p) {
  const Ints &x = p.in[0].shape, &w = p.in[1].shape, &y = p.out[0].shape;
  const Ints pre = attr_ints(p, "pre_padding"), post = attr_ints(p, "post_padding");
  Shape s;
  s.batch = x[0], s.in_h = x[2], s.in_w = x[3];
  s.pad_h = at_or(pre, 0, 0), s.pad_w = at_or(pre, 1, 0);
  DirectConvArgs& a = s.args;
  a.channels = x[1], a.kernels = w[0], a.window_h = w[2], a.window_w = w[3];
  a.padded_h = s.in_h + s.pad_h + at_or(post, 0, 0);
  a.padded_w = s.in_w + s.pad_w + at_or(post, 1, 0);
  a.out_h = y[2], a.out_w = y[3];
  return s;
}

class DirectConvKernel : public Kernel {
 public:
  explicit DirectConvKernel(const Problem& p)
      : s_(shape_of(p)),
        fns_(TENON_ISA_PICK(conv_fns)),
        has_bias_(has_input(p, 2)),
        has_residual_(has_input(p, 3)),
        activation_(p),
        image_(s_.args.channels * s_.args.padded_h * s_.args.padded_w + kConvSlack) {
    image_ = (image_ + 15) / 16 * 16;
    scratch_bytes = static_cast<size_t>(s_.batch * image_) * sizeof(float);
  }

  void run(const Call& call) const override {
    float* images = static_cast<float*>(call.scratch);
    const float* x = static_cast<const float*>(call.in[0]);
    const int64_t in_image = s_.args.channels * s_.in_h * s_.in_w;
    const DirectConvArgs& a = s_.args;
    const int64_t flops = 2 * a.out_h * a.out_w * a.kernels * a.channels * a.window_h * a.window_w;
    parallel_for(s_.batch, std::max<int64_t>(1, 8 * kGrain / std::max<int64_t>(flops, 1)),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t n = begin; n < end; ++n) {
                     pad(x + n * in_image, images + n * image_);
                     convolve(call, n, images + n * image_);
                   }
                 });
  }

 private:
  void pad(const float* x, float* image) const {
    std::memset(image, 0, static_cast<size_t>(image_) * sizeof(float));
    for (int64_t c = 0; c < s_.args.channels; ++c) {
      for (int64_t h = 0; h < s_.in_h; ++h) {
        std::memcpy(image + (c * s_.args.padded_h + h + s_.pad_h) * s_.args.padded_w + s_.pad_w,
                    x + (c * s_.in_h + h) * s_.in_w, static_cast<size_t>(s_.in_w) * sizeof(float));
      }
    }
  }

  void convolve(const Call& call, int64_t n, const float* image) const {
    DirectConvArgs a = s_.args;
    const int64_t size = a.kernels * a.out_h * a.out_w;
    a.image = image;
    a.weights = static_cast<const float*>(call.in[1]);
    a.bias = has_bias_ ? static_cast<const float*>(call.in[2]) : nullptr;
    a.residual = has_residual_ ? static_cast<const float*>(call.in[3]) + n * size : nullptr;
    a.out = static_cast<float*>(call.out[0]) + n * size;
    fns_.rows(a, 0, a.out_h);
    if (activation_.function)
      activation_.function(a.out, a.out, nullptr, nullptr, size, activation_.params);
  }

  Shape s_;
  const ConvFns& fns_;
  bool has_bias_, has_residual_;
  Activation activation_;
  int64_t image_;
};

class DirectConv : public KernelImpl {
 public:
  DirectConv() : KernelImpl("convolution", "cpu.direct_convolution", 50) {}

  Support supports(const Problem& p) const override {
    if (Support s = check_plain_f32(p); !s) return s;
    const TensorDesc& x = p.in[0];
    if (x.shape.size() != 4) return Support::no("two spatial dims only");
    if (attr_int(p, "groups", 1) != 1) return Support::no("groups");
    if (!all_equal(attr_ints(p, "stride"), 1) || !all_equal(attr_ints(p, "dilation"), 1)) {
      return Support::no("strides and dilations of 1 only");
    }
    for (const char* name : {"pre_padding", "post_padding"}) {
      for (int64_t pad : attr_ints(p, name)) {
        if (pad < 0) return Support::no("negative padding");
      }
    }
    if (x.shape[1] > 16 || x.shape[2] * x.shape[3] > 4096) return Support::no("not a small image");
    return check_vector_activation(p);
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<DirectConvKernel>(p);
  }
};

const RegisterKernel<DirectConv> kRegister;

}  // namespace

}  // namespace tenon::kernels::cpu
