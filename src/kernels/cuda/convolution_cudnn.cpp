// SPDX-License-Identifier: Apache-2.0
// cudnn.convolution: the candidate that runs what kernels/cuda/cudnn_convolution.h plans.
#include "base/log.h"
#include "kernels/cpu/nd.h"
#include "kernels/cuda/cudnn_convolution.h"
#include "kernels/cuda/cudnn_handle.h"
#include "kernels/device.h"

namespace tenon::kernels::cudnn {
namespace {

using cpu::Ints;

// ---- weights: [K, C/g, taps] to [K, taps, C/g]

template <typename T>
void to_channels_last(const T* from, T* to, const Ints& shape) {
  const int64_t channels = shape[1], taps = cpu::product(shape, 2);
  for (int64_t k = 0; k < shape[0]; ++k)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t t = 0; t < taps; ++t)
        to[(k * taps + t) * channels + c] = from[(k * channels + c) * taps + t];
}

ir::ConstantPtr pack_weights(const ir::ConstantPtr& source) {
  auto packed = std::make_shared<ir::Constant>();
  packed->dtype = source->dtype;
  packed->shape = source->shape;
  packed->bytes = source->bytes;
  packed->format = kPackedFormat;
  packed->name = source->name;
  packed->fill = [source](void* out) {
    const auto data = source->materialise();
    if (source->dtype == DataType::kFLOAT) {
      to_channels_last(static_cast<const float*>(data.get()), static_cast<float*>(out),
                       source->shape);
    } else {
      to_channels_last(static_cast<const uint16_t*>(data.get()), static_cast<uint16_t*>(out),
                       source->shape);
    }
  };
  return packed;
}

// ---- the candidate

std::shared_ptr<void> zeros_on_device(size_t bytes) {
  DeviceRuntime& runtime = device_runtime(Device::kCUDA);
  std::shared_ptr<void> data = runtime.allocate(bytes);
  runtime.upload(data.get(), std::vector<char>(bytes).data(), bytes);
  return data;
}

class ConvolutionKernel final : public Kernel {
 public:
  explicit ConvolutionKernel(const Problem& p)
      : adds_bias_(adds_bias(p)), has_residual_(has_input(p, 3)) {
    const TensorDesc& w = p.in[1];
    TENON_CHECK(w.format == kPackedFormat && w.constant_bytes >= w.bytes(),
                "the weights are not packed for cuDNN");
    if (p.out[0].elements() == 0) return;
    HandleLease handle;
    plan_ = plan_convolution(p, {handle.get(), nullptr});
    scratch_bytes = plan_->workspace_bytes();
    if (adds_bias_ && !has_input(p, 2))
      zero_bias_ =
          zeros_on_device(static_cast<size_t>(p.out[0].shape[1]) * size_of(p.out[0].dtype));
  }

  bool fixed_pointers() const override { return true; }

  void run(const Call& call) const override {
    if (!plan_) return;
    std::vector<BoundTensor> tensors = {
        {kInput, call.in[0]}, {kKernel, call.in[1]}, {kOutput, call.out[0]}};
    if (adds_bias_) tensors.push_back({kBias, zero_bias_ ? zero_bias_.get() : call.in[2]});
    if (has_residual_) tensors.push_back({kResidual, call.in[3]});
    HandleLease handle;
    handle.set_stream(call.stream);
    plan_->execute(handle.get(), tensors, call.scratch);
  }

 private:
  const bool adds_bias_, has_residual_;
  std::unique_ptr<Plan> plan_;  // null: the output is empty
  std::shared_ptr<void> zero_bias_;
};

class CudnnConvolution final : public KernelImpl {
 public:
  CudnnConvolution() : KernelImpl("convolution", "cudnn.convolution", 60, Device::kCUDA) {}

  Support supports(const Problem& p) const override { return convolution_supported(p); }

  std::vector<std::string> tactics(const Problem& p) const override {
    if (p.out[0].elements() == 0) return {""};
    HandleLease handle;
    std::string why;
    std::vector<std::string> found = convolution_tactics(p, {handle.get(), nullptr}, &why);
    if (found.empty())
      log(LogLevel::kInfo, "cuDNN has no engine for ", ir::describe(*p.layer), ": ", why);
    return found;
  }

  Packed pack(const Problem& p, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (p.in[1].format.empty() && in[1]) packed[1] = pack_weights(in[1]);
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<ConvolutionKernel>(p);
  }
};

const RegisterKernel<CudnnConvolution> registered;

}  // namespace
}  // namespace tenon::kernels::cudnn
