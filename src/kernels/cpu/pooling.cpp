// SPDX-License-Identifier: Apache-2.0
// pooling and adaptive_pooling over one or two dims, f32, both layouts. Which input positions a
// window covers is tabulated per output row and column when the kernel is prepared; padding costs
// nothing (channels last) or is a pre-filled border of one row buffer (plain). 4 bytes read an
// element, window_h + window_w operations an output (plain) or their product (channels last). Best
// measured (one core of a shared, busy Zen 5, AVX-512; kernel_bench): 3 x 3 stride 2 maximum of 64
// x 112 x 112 in 106 us plain, 58 us channels last.
#include <algorithm>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/nd.h"
#include "kernels/cpu/pool.h"

namespace tenon::kernels::cpu {

namespace {

struct Windows {
  PoolArgs args{};
  std::vector<PoolTaps> h, w;
  PoolFold fold = PoolFold::kMax;
  bool last = false;
};

// One dim of a pooling layer.
struct Dim {
  int64_t in, out, window, stride, pre, post, step;
};

PoolTaps taps_at(const Dim& d, int64_t o, bool exclude_padding) {
  PoolTaps t{0, 0, 0};
  const int64_t low = exclude_padding ? 0 : -d.pre, high = d.in + (exclude_padding ? 0 : d.post);
  for (int64_t k = 0; k < d.window; ++k) {
    const int64_t at = o * d.stride - d.pre + k * d.step;
    if (at >= 0 && at < d.in) {
      if (t.count++ == 0) t.begin = static_cast<int32_t>(at);
    }
    if (at >= low && at < high) t.divisor += 1;
  }
  return t;
}

PoolTaps adaptive_taps(int64_t in, int64_t out, int64_t o) {
  const int64_t begin = o * in / out, end = ((o + 1) * in + out - 1) / out;
  return {static_cast<int32_t>(begin), static_cast<int32_t>(end - begin),
          static_cast<float>(end - begin)};
}

void fill_windows(const Problem& p, Windows* v, size_t spatial) {
  const Ints window = attr_ints(p, "window"), stride = attr_ints(p, "stride");
  const Ints pre = attr_ints(p, "pre_padding"), post = attr_ints(p, "post_padding");
  const Ints dilation = attr_ints(p, "dilation");
  const bool exclude = attr_bool(p, "exclude_padding", true);
  auto dim = [&](size_t i, int64_t in, int64_t out) {
    return Dim{in,
               out,
               window.at(i),
               at_or(stride, i, 1),
               at_or(pre, i, 0),
               at_or(post, i, 0),
               at_or(dilation, i, 1)};
  };
  PoolArgs& a = v->args;
  const Dim none{1, 1, 1, 1, 0, 0, 1};
  const Dim h = spatial == 2 ? dim(0, a.in_h, a.out_h) : none,
            w = dim(spatial - 1, a.in_w, a.out_w);
  for (int64_t o = 0; o < h.out; ++o) v->h.push_back(taps_at(h, o, exclude));
  for (int64_t o = 0; o < w.out; ++o) v->w.push_back(taps_at(w, o, exclude));
  a.step_h = h.step, a.step_w = w.step;
  a.stride_w = w.stride, a.window_w = w.window, a.pad_w = w.pre;
  a.padded_w =
      std::max(w.pre + w.in + w.post, (w.out - 1) * w.stride + (w.window - 1) * w.step + 1);
  // Vectors of outputs read on to the next multiple of the widest vector.
  a.padded_w = std::max(a.padded_w, ((w.out + 15) / 16 * 16) * w.stride + w.window * w.step);
}

void fill_adaptive(Windows* v) {
  PoolArgs& a = v->args;
  for (int64_t o = 0; o < a.out_h; ++o) v->h.push_back(adaptive_taps(a.in_h, a.out_h, o));
  for (int64_t o = 0; o < a.out_w; ++o) v->w.push_back(adaptive_taps(a.in_w, a.out_w, o));
  a.step_h = a.step_w = 1;
  a.padded_w = a.in_w;
}

PoolFold fold_of(const Problem& p, bool adaptive) {
  if (attr_str(p, "type", adaptive ? "average" : "max") != "max") return PoolFold::kAverage;
  return attr_str(p, "activation", "") == "relu" ? PoolFold::kMaxRelu : PoolFold::kMax;
}

Windows windows_of(const Problem& p) {
  const TensorDesc &x = p.in[0], &y = p.out[0];
  const bool adaptive = p.layer->op == "adaptive_pooling";
  const size_t spatial = attr_ints(p, adaptive ? "output_size" : "window").size();
  const size_t rank = x.shape.size();
  Windows v;
  v.fold = fold_of(p, adaptive);
  v.last = !x.plain() && rank >= 3;
  PoolArgs& a = v.args;
  a.in_w = x.shape[rank - 1], a.out_w = y.shape[rank - 1];
  a.in_h = spatial == 2 ? x.shape[rank - 2] : 1, a.out_h = spatial == 2 ? y.shape[rank - 2] : 1;
  const size_t planes = rank - spatial;
  a.channels = planes > 0 ? x.shape[planes - 1] : 1;
  a.batch = planes > 1 ? product(x.shape, 0, planes - 1) : 1;
  adaptive ? fill_adaptive(&v) : fill_windows(p, &v, spatial);
  return v;
}

class PoolKernel : public Kernel {
 public:
  explicit PoolKernel(Windows v) : v_(std::move(v)), fns_(TENON_ISA_PICK(pool_fns)) {
    v_.args.taps_h = v_.h.data();
    v_.args.taps_w = v_.w.data();
    const PoolArgs& a = v_.args;
    int64_t taps = 1;
    for (const PoolTaps& t : v_.h) taps = std::max<int64_t>(taps, t.count);
    units_ = a.batch * a.out_h * (v_.last ? 1 : a.channels);
    const int64_t row = a.in_w * taps * (v_.last ? a.channels : 1);
    grain_ = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, row));
  }
  void run(const Call& call) const override {
    PoolArgs a = v_.args;
    a.x = static_cast<const float*>(call.in[0]);
    a.out = static_cast<float*>(call.out[0]);
    parallel_for(units_, grain_, [&](int64_t begin, int64_t end) {
      (v_.last ? fns_.channels_last : fns_.plain)(v_.fold, a, begin, end);
    });
  }

 private:
  Windows v_;
  const PoolFns& fns_;
  int64_t units_, grain_;
};

class Pooling : public KernelImpl {
 public:
  Pooling(const char* op, const char* name) : KernelImpl(op, name, 50) {}

  Support supports(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    if (x.dtype != DataType::kFLOAT || y.dtype != DataType::kFLOAT) return Support::no("f32 only");
    const bool adaptive = p.layer->op == "adaptive_pooling";
    const size_t spatial = attr_ints(p, adaptive ? "output_size" : "window").size();
    if (spatial < 1 || spatial > 2) return Support::no("one or two window dims only");
    if (x.shape.size() < spatial) return Support::no("rank");
    if (x.shape.size() >= 3 && x.layout != y.layout) return Support::no("the layouts differ");
    if (!x.plain() && x.shape.size() >= 3 && x.shape.size() != spatial + 2) {
      return Support::no("window over a part of the dims that are last in memory");
    }
    if (x.elements() == 0 || y.elements() == 0) return Support::no("empty");
    for (int64_t pad : attr_ints(p, "pre_padding")) {
      if (pad < 0) return Support::no("negative padding");
    }
    const Windows v = windows_of(p);
    if (!v.last && v.args.padded_w > kPoolRow) return Support::no("rows too long");
    return Support::yes();
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<PoolKernel>(windows_of(p));
  }
};

struct PoolingLayer : Pooling {
  PoolingLayer() : Pooling("pooling", "cpu.pooling") {}
};
struct AdaptivePooling : Pooling {
  AdaptivePooling() : Pooling("adaptive_pooling", "cpu.adaptive_pooling") {}
};
const RegisterKernel<PoolingLayer> kPooling;
const RegisterKernel<AdaptivePooling> kAdaptive;

}  // namespace

}  // namespace tenon::kernels::cpu
