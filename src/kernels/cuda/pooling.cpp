// SPDX-License-Identifier: Apache-2.0
// pooling and adaptive_pooling on CUDA over one to three dims in either layout (src/pooling.cu says
// how).
#include <algorithm>

#include "kernels/cuda/rows.h"

namespace tenon::kernels {
namespace {

using rows::Ints;

struct Axis {
  int32_t in, out, kernel, stride, pre, post, dilation, adaptive;
};
struct Pool {
  const void* x;
  void* y;
  int64_t threads;
  int32_t channels, last;
  int32_t max, exclude_padding, small;
  Axis axes[3];
};

bool is_adaptive(const Problem& p) { return p.layer->op == "adaptive_pooling"; }
size_t spatial_dims(const Problem& p) {
  return attr_ints(p, is_adaptive(p) ? "output_size" : "window").size();
}

/// Dim i of the n that the window covers.
Axis axis_of(const Problem& p, size_t i, size_t n) {
  const auto value = [&](const char* name, int64_t fallback) {
    const Ints list = attr_ints(p, name);
    return static_cast<int32_t>(list.empty() ? fallback : list.at(i));
  };
  Axis a{};
  a.in = static_cast<int32_t>(p.in[0].shape[p.in[0].shape.size() - n + i]);
  a.out = static_cast<int32_t>(p.out[0].shape[p.out[0].shape.size() - n + i]);
  a.adaptive = is_adaptive(p);
  a.stride = a.dilation = 1;
  if (a.adaptive) return a;
  a.kernel = value("window", 1), a.stride = value("stride", 1);
  a.pre = value("pre_padding", 0), a.post = value("post_padding", 0);
  a.dilation = value("dilation", 1);
  return a;
}

/// The most positions that a window has along one dim.
int32_t extent(const Axis& a) {
  return a.adaptive ? (a.in + a.out - 1) / std::max(a.out, 1) + 1 : a.kernel;
}

class PoolKernel final : public DeviceKernel {
 public:
  explicit PoolKernel(const Problem& p)
      : elements_(p.out[0].elements()), vector_(rows::per_vector(p.in[0].dtype)) {
    const size_t n = spatial_dims(p);
    for (size_t i = 0; i < 3; ++i)
      pool_.axes[i] = i + n < 3 ? Axis{1, 1, 1, 1, 0, 0, 1, 0} : axis_of(p, i + n - 3, n);
    pool_.last = !p.in[0].plain();
    pool_.channels = pool_.last ? static_cast<int32_t>(p.in[0].shape[1]) : 1;
    pool_.max = attr_str(p, "type", is_adaptive(p) ? "average" : "max") == "max";
    pool_.exclude_padding = attr_bool(p, "exclude_padding", true);
    pool_.small =
        n < 3 &&
        std::all_of(pool_.axes, pool_.axes + 3, [](const Axis& a) { return extent(a) <= 3; });
    const std::vector<std::string> defines = {std::string("T=") + device_type(p.in[0].dtype)};
    single_ = rows::function(p, "pooling.cu", defines, "pool_s");
    vectors_ = rows::function(p, "pooling.cu", defines, "pool_v");
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    if (elements_ == 0) return;
    Pool k = pool_;
    k.x = call.in[0], k.y = call.out[0];
    const bool vectors = k.channels % vector_ == 0 && rows::aligned({k.x, k.y});
    k.threads = elements_ / (vectors ? vector_ : 1);
    sink(vectors ? vectors_ : single_, rows::grid_of(ceil_div(k.threads, 128)), {128}, 0, k);
  }

 private:
  Pool pool_{};
  int64_t elements_, vector_;
  CUfunction single_, vectors_;
};

class Pooling : public KernelImpl {
 public:
  Pooling(const char* op, const char* name) : KernelImpl(op, name, 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = rows::one_real_type(p); !s) return s;
    if (!attr_str(p, "activation", "").empty()) return Support::no("activation in the same layer");
    const TensorDesc &x = p.in[0], &y = p.out[0];
    const size_t n = spatial_dims(p);
    if (n < 1 || n > 3) return Support::no("one to three window dims only");
    if (x.shape.size() != n + 2) return Support::no("wanted [N, C, spatial...]");
    if (x.layout != y.layout) return Support::no("the layouts differ");
    for (int64_t size : x.shape)
      if (size >= int64_t{1} << 30) return Support::no("a dim of 2^30 or more");
    return Support::yes();
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<PoolKernel>(p);
  }
};

struct PoolingLayer : Pooling {
  PoolingLayer() : Pooling("pooling", "cuda.pooling") {}
};
struct AdaptivePooling : Pooling {
  AdaptivePooling() : Pooling("adaptive_pooling", "cuda.adaptive_pooling") {}
};
const RegisterKernel<PoolingLayer> kPooling;
const RegisterKernel<AdaptivePooling> kAdaptive;
const RegisterSources kSources(rows::variants("pooling.cu", {"f32", "f16", "bf16"}));

}  // namespace
}  // namespace tenon::kernels
