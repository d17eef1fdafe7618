// SPDX-License-Identifier: Apache-2.0
// cuda.convolution and cuda.deconvolution: plain direct kernels (src/convolution.cu) for every
// problem the layers are defined for; the last choice, behind the libraries.
#include <algorithm>
#include <array>

#include "kernels/cpu/nd.h"
#include "kernels/cuda/activations.h"
#include "kernels/cuda/element_type.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/sources.h"

namespace tenon::kernels {
namespace {

using cpu::Ints;
using Three = std::array<int64_t, 3>;
using Five = std::array<int64_t, 5>;

constexpr unsigned kThreads = 256;
constexpr int64_t kMaxBlocks = 1 << 24;  // far below the limit, far more than run at a time

/// ConvolutionParams of src/convolution.cu.
struct Params {
  const void *x, *w, *bias, *residual;
  void* y;
  double alpha, beta;
  int64_t items, tiles, group_tiles, channels, kernels;
  int64_t w_group, w_kernel, w_channel;
  Three w_window;
  Five x_strides, y_strides, residual_strides;
  Three in, out, window, stride, pad, dilation;
  int32_t activation, channel_fastest;
};

/// The last dims of a list as three, with `missing` in front.
Three three(const Ints& list, int64_t missing) {
  Three t{missing, missing, missing};
  std::copy(list.begin(), list.end(), t.end() - static_cast<std::ptrdiff_t>(list.size()));
  return t;
}
Three spatial(const Ints& list, int64_t missing) {
  return three(Ints(list.begin() + 2, list.end()), missing);
}
Five five(const Ints& strides) {
  const Three s = spatial(strides, 0);
  return {strides[0], strides[1], s[0], s[1], s[2]};
}
Three window_ints(const Problem& p, const char* name, int64_t value) {
  return three(attr_ints(p, name), value);
}

std::vector<std::string> defines(const char* type, bool transposed) {
  return {std::string("T=") + type, transposed ? "TRANSPOSED=true" : "TRANSPOSED=false"};
}

bool same_float_type(const Problem& p) {
  const DataType type = p.out[0].dtype;
  const auto same = [&](const TensorDesc& d) { return !d.present || d.dtype == type; };
  const bool is_float = is_device_float(type) || type == DataType::kDOUBLE;
  return is_float && std::all_of(p.in.begin(), p.in.end(), same);
}

/// Everything but the pointers. A tile is `width` output channels of one group.
Params sizes_of(const Problem& p, bool transposed, int64_t width) {
  const TensorDesc &x = p.in[0], &w = p.in[1], &y = p.out[0];
  const int64_t groups = attr_int(p, "groups", 1);
  Params s{};
  s.alpha = attr_float(p, "alpha", 0);
  s.beta = attr_float(p, "beta", 0);
  s.activation = activation_number(attr_str(p, "activation", ""));
  s.channels = x.shape[1] / groups;
  s.kernels = y.shape[1] / groups;
  s.group_tiles = ceil_div(s.kernels, width);
  s.tiles = groups * s.group_tiles;
  const Ints w_strides = w.strides();
  s.w_kernel = w_strides[transposed ? 1 : 0];
  s.w_channel = w_strides[transposed ? 0 : 1];
  s.w_group = w.shape[0] / groups * w_strides[0];
  s.w_window = spatial(w_strides, 0);
  s.x_strides = five(x.strides());
  s.y_strides = five(y.strides());
  if (has_input(p, 3)) s.residual_strides = five(p.in[3].strides());
  s.in = spatial(x.shape, 1);
  s.out = spatial(y.shape, 1);
  s.window = spatial(w.shape, 1);
  s.stride = window_ints(p, "stride", 1);
  s.pad = window_ints(p, "pre_padding", 0);
  s.dilation = window_ints(p, "dilation", 1);
  s.items = y.shape[0] * s.tiles * s.out[0] * s.out[1] * s.out[2];
  s.channel_fastest = width == 1 && !y.plain();
  return s;
}

class DirectConvolution final : public DeviceKernel {
 public:
  DirectConvolution(const Problem& p, bool transposed) {
    const int64_t per_group = p.out[0].shape[1] / attr_int(p, "groups", 1);
    const int width = per_group >= 4 ? 4 : 1;
    sizes_ = sizes_of(p, transposed, width);
    if (sizes_.items == 0) return;
    const CodeSource source{"convolution.cu", std::string(source_file("convolution.cu")),
                            defines(device_type(p.out[0].dtype), transposed)};
    function_ = p.target->code->function(source, width == 4 ? "tiles_of_4" : "tiles_of_1");
    has_bias_ = has_input(p, 2);
    has_residual_ = has_input(p, 3);
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    if (sizes_.items == 0) return;
    Params params = sizes_;
    params.x = call.in[0];
    params.w = call.in[1];
    params.bias = has_bias_ ? call.in[2] : nullptr;
    params.residual = has_residual_ ? call.in[3] : nullptr;
    params.y = call.out[0];
    const int64_t blocks = std::min(ceil_div(sizes_.items, kThreads), kMaxBlocks);
    sink(function_, {static_cast<unsigned>(blocks)}, {kThreads}, 0, params);
  }

 private:
  Params sizes_{};
  CUfunction function_ = nullptr;
  bool has_bias_ = false, has_residual_ = false;
};

class DirectImpl : public KernelImpl {
 public:
  DirectImpl(const char* op, const char* name, bool transposed)
      : KernelImpl(op, name, 10, Device::kCUDA), transposed_(transposed) {}

  Support supports(const Problem& p) const override {
    const size_t rank = p.out[0].shape.size();
    if (rank < 3 || rank > 5) return Support::no("one to three spatial dims only");
    if (!same_float_type(p)) return Support::no("operands of one floating-point type only");
    for (const TensorDesc& d : p.in)
      if (!d.format.empty()) return Support::no("an operand in the form of another kernel");
    const std::string activation = attr_str(p, "activation", "");
    if (activation_number(activation) < 0)
      return Support::no("no device code for the activation \"" + activation + "\"");
    return Support::yes();
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<DirectConvolution>(p, transposed_);
  }

 private:
  const bool transposed_;
};

struct CudaConvolution final : DirectImpl {
  CudaConvolution() : DirectImpl("convolution", "cuda.convolution", false) {}
};
struct CudaDeconvolution final : DirectImpl {
  CudaDeconvolution() : DirectImpl("deconvolution", "cuda.deconvolution", true) {}
};

const RegisterKernel<CudaConvolution> convolution;
const RegisterKernel<CudaDeconvolution> deconvolution;
const RegisterSources sources([] {
  std::vector<SourceVariant> all;
  for (const char* type : {"f32", "f16", "bf16", "f64"})
    for (const bool transposed : {false, true})
      all.push_back({"convolution.cu", defines(type, transposed)});
  return all;
}());

}  // namespace
}  // namespace tenon::kernels
