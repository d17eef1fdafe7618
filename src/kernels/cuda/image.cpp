// SPDX-License-Identifier: Apache-2.0
// prepare_image: planes of up to 4 channels to channels-last pixels of 4 or 8 in one launch; any
// other channel counts and layouts element by element, the added channels in a launch of their own.
#include "kernels/cuda/element_type.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/sources.h"
#include "kernels/cuda/strided.h"

namespace tenon::kernels::cuda_kernels {
namespace {

// Host twins of src/image.cu.
struct PixelParams {
  const void* in;
  void* out;
  int64_t pixels;
  int32_t channels;
  uint32_t blocks_per_image, per_thread;
  int32_t aligned;
};
struct ElementParams {
  void* out;
  const void* in;
  int64_t strides[2][kMaxRank];
  Divider dims[kMaxRank];
  uint32_t items;
  int32_t rank;
};

CodeSource source_of(const Problem& p) {
  return {"image.cu",
          std::string(source_file("image.cu")),
          {std::string("T_IN=") + device_type(p.in[0].dtype),
           std::string("T_OUT=") + device_type(p.out[0].dtype)}};
}

class PixelKernel final : public DeviceKernel {
 public:
  PixelKernel(const Problem& p, CUfunction function)
      : function_(function),
        images_(p.in[0].shape[0]),
        pixels_(cpu::product(p.in[0].shape, 2)),
        channels_(static_cast<int32_t>(p.in[0].shape[1])),
        pixel_bytes_(static_cast<size_t>(p.out[0].shape[1]) * size_of(p.out[0].dtype)) {
    // Several pixels a thread once there is work for every processor.
    const int64_t spread = int64_t{p.target->processors} * 2048;
    per_thread_ = images_ * pixels_ >= 4 * spread ? 4 : 1;
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    if (images_ * pixels_ == 0) return;
    constexpr unsigned kBlock = 256;
    const int64_t blocks = ceil_div(pixels_, int64_t{kBlock} * per_thread_);
    const auto out = reinterpret_cast<uintptr_t>(call.out[0]);
    const bool aligned = out % std::min<size_t>(pixel_bytes_, 16) == 0;
    const PixelParams p{call.in[0],  call.out[0], pixels_, channels_, static_cast<uint32_t>(blocks),
                        per_thread_, aligned};
    sink(function_, {static_cast<unsigned>(images_ * blocks)}, {kBlock}, 0, p);
  }

 private:
  CUfunction function_;
  int64_t images_, pixels_;
  int32_t channels_;
  size_t pixel_bytes_;
  uint32_t per_thread_;
};

class ElementKernel final : public DeviceKernel {
 public:
  ElementKernel(const Problem& p, CUfunction function)
      : function_(function),
        in_size_(static_cast<int64_t>(size_of(p.in[0].dtype))),
        out_size_(static_cast<int64_t>(size_of(p.out[0].dtype))) {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    add(x.shape, y.strides(), x.strides(), 0, false);
    Ints added = y.shape;
    added[1] -= x.shape[1];
    add(added, y.strides(), Ints(added.size(), 0), x.shape[1] * y.strides()[1], true);
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    for (const Step& s : steps_) {
      ElementParams p = s.params;
      p.out = static_cast<char*>(call.out[0]) + s.out_start * out_size_;
      if (!s.zeros) p.in = static_cast<const char*>(call.in[0]) + s.in_start * in_size_;
      sink(function_, {static_cast<unsigned>(ceil_div(p.items, 256))}, {256}, 0, p);
    }
  }

 private:
  struct Step {
    ElementParams params;
    int64_t out_start, in_start;
    bool zeros;
  };

  void add(const Ints& shape, const Ints& out, const Ints& in, int64_t out_start, bool zeros) {
    const Space space = cpu::make_space(shape, {out, in});
    for (const Part& part : split(space)) {
      Step s{{}, out_start + part.starts[0], part.starts[1], zeros};
      s.params.rank = static_cast<int32_t>(part.dims.size());
      s.params.items = static_cast<uint32_t>(cpu::product(part.dims));
      for (size_t d = 0; d < part.dims.size(); ++d) {
        s.params.dims[d] = make_divider(part.dims[d]);
        for (size_t k = 0; k < 2; ++k) s.params.strides[k][d] = space.strides[k][d];
      }
      steps_.push_back(s);
    }
  }

  CUfunction function_;
  int64_t in_size_, out_size_;
  std::vector<Step> steps_;
};

class PrepareImage final : public KernelImpl {
 public:
  PrepareImage() : KernelImpl("prepare_image", "cuda.prepare_image", 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    for (const TensorDesc* d : {&p.in[0], &p.out[0]}) {
      if (!is_device_float(d->dtype))
        return Support::no(std::string("operand of ") + name_of(d->dtype));
      if (!d->format.empty()) return Support::no("an operand is packed as " + d->format);
    }
    return Support::yes();
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    const CodeSource source = source_of(p);
    const int64_t channels = y.shape[1];
    const bool fits = x.shape[1] <= 4 && (channels == 4 || channels == 8);
    if (fits && x.plain() && !y.plain()) {
      const char* name = channels == 4 ? "pixels4" : "pixels8";
      return std::make_unique<PixelKernel>(p, p.target->code->function(source, name));
    }
    return std::make_unique<ElementKernel>(p, p.target->code->function(source, "elements"));
  }
};

std::vector<SourceVariant> variants() {
  std::vector<SourceVariant> all;
  for (const char* in : {"f32", "f16", "bf16"}) {
    for (const char* out : {"f32", "f16", "bf16"}) {
      all.push_back({"image.cu", {std::string("T_IN=") + in, std::string("T_OUT=") + out}});
    }
  }
  return all;
}

const RegisterSources sources(variants());
const RegisterKernel<PrepareImage> kRegister;

}  // namespace
}  // namespace tenon::kernels::cuda_kernels
