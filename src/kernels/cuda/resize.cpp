// SPDX-License-Identifier: Apache-2.0
// resize on CUDA over one to three dims in either layout (src/resize.cu says how): nearest for
// every type of 1, 2, 4 or 8 bytes, linear and cubic for f32, f16 and bf16.
#include <algorithm>

#include "kernels/cuda/rows.h"

namespace tenon::kernels {
namespace {

struct Axis {
  double step;
  float nearest_step;
  int32_t in, out, taps;
};
struct Resize {
  const void* x;
  void* y;
  int64_t threads;
  Axis axes[3];
  int32_t channels, align_corners, cubic;
};

std::string mode_of(const Problem& p) { return attr_str(p, "mode", "nearest"); }
size_t spatial_dims(const Problem& p) { return attr_sizes(p, "output_size").size(); }

/// Nearest moves elements: any type of the same size will do.
std::vector<std::string> defines(const Problem& p) {
  const DataType t = p.in[0].dtype;
  if (mode_of(p) != "nearest") return {std::string("T=") + device_type(t)};
  const char* const names[] = {"T=u8", "T=u16", "T=u32", "T=u64"};
  return {names[__builtin_ctzll(size_of(t))], "NEAREST"};
}

/// Dim i of the n that are resized.
Axis axis_of(const Problem& p, size_t i, size_t n) {
  const std::vector<double> scales = p.layer->get_or<std::vector<double>>("scales", {});
  const double factor = scales.empty() ? 0 : scales.at(i);
  const bool corners = attr_bool(p, "align_corners", false);
  Axis a{};
  a.in = static_cast<int32_t>(p.in[0].shape[p.in[0].shape.size() - n + i]);
  a.out = static_cast<int32_t>(p.out[0].shape[p.out[0].shape.size() - n + i]);
  if (corners)
    a.step = a.out > 1 ? static_cast<double>(a.in - 1) / (a.out - 1) : 0;
  else
    a.step = factor > 0 ? 1 / factor : static_cast<double>(a.in) / std::max(a.out, 1);
  a.nearest_step = factor > 0 ? static_cast<float>(1.0 / factor)
                              : static_cast<float>(a.in) / static_cast<float>(std::max(a.out, 1));
  const std::string mode = mode_of(p);
  const bool same = a.in == a.out && (corners || factor == 0);
  a.taps = same ? 1 : mode == "cubic" ? 4 : 2;
  return a;
}

class ResizeKernel final : public DeviceKernel {
 public:
  explicit ResizeKernel(const Problem& p)
      : elements_(p.out[0].elements()), vector_(rows::per_vector(p.in[0].dtype)) {
    const size_t n = spatial_dims(p);
    for (size_t i = 0; i < 3; ++i)
      resize_.axes[i] = i + n < 3 ? Axis{1, 1, 1, 1, 1} : axis_of(p, i + n - 3, n);
    resize_.channels = p.in[0].plain() ? 1 : static_cast<int32_t>(p.in[0].shape[1]);
    resize_.align_corners = attr_bool(p, "align_corners", false);
    resize_.cubic = mode_of(p) == "cubic";
    const std::string name = mode_of(p) == "nearest" ? "nearest" : "weighted";
    single_ = rows::function(p, "resize.cu", defines(p), name + "_s");
    vectors_ = rows::function(p, "resize.cu", defines(p), name + "_v");
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    if (elements_ == 0) return;
    Resize r = resize_;
    r.x = call.in[0], r.y = call.out[0];
    const bool vectors = r.channels % vector_ == 0 && rows::aligned({r.x, r.y});
    r.threads = elements_ / (vectors ? vector_ : 1);
    sink(vectors ? vectors_ : single_, rows::grid_of(ceil_div(r.threads, 128)), {128}, 0, r);
  }

 private:
  Resize resize_{};
  int64_t elements_, vector_;
  CUfunction single_, vectors_;
};

class ResizeLayer final : public KernelImpl {
 public:
  ResizeLayer() : KernelImpl("resize", "cuda.resize", 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    const std::string mode = mode_of(p);
    if (mode != "nearest" && mode != "linear" && mode != "cubic")
      return Support::no("no resize mode \"" + mode + "\"");
    if (mode != "nearest" && !is_device_float(x.dtype))
      return Support::no("mode " + mode + " of " + name_of(x.dtype));
    if (size_of(x.dtype) == 0 || !x.format.empty()) return Support::no("no whole elements");
    const size_t n = spatial_dims(p);
    if (n < 1 || n > 3 || x.shape.size() != n + 2) return Support::no("wanted [N, C, spatial...]");
    if (x.layout != y.layout) return Support::no("the layouts differ");
    for (const TensorDesc* d : {&x, &y}) {
      for (int64_t size : d->shape)
        if (size >= int64_t{1} << 30) return Support::no("a dim of 2^30 or more");
    }
    return Support::yes();
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<ResizeKernel>(p);
  }
};

const RegisterKernel<ResizeLayer> kRegister;
const RegisterSources kWeighted(rows::variants("resize.cu", {"f32", "f16", "bf16"}));
const RegisterSources kNearest(rows::variants("resize.cu", {"u8", "u16", "u32", "u64"},
                                              {"NEAREST"}));

}  // namespace
}  // namespace tenon::kernels
