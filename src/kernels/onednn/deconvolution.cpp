// SPDX-License-Identifier: Apache-2.0
// Transposed convolution. Like convolution it works on channels-last data; the layer's weights are
// [C, K/g, kernel...], which oneDNN sees as (g, K/g, C/g, kernel...) through strides.
#include "kernels/onednn/plugin.h"
#include "kernels/onednn/post_ops.h"
#include "kernels/onednn/weights.h"
#include "kernels/onednn/window.h"

namespace tenon::kernels::onednn {

namespace {

using DeconvDesc = dnnl::deconvolution_forward::primitive_desc;

Desc dense_weights(const std::vector<int64_t>& shape, int64_t groups) {
  const Dims own = row_major(shape);
  Dims dims = shape, strides = own;
  dims[0] = shape[1], dims[1] = shape[0] / groups;
  strides[0] = own[1], strides[1] = own[0];
  if (groups > 1) {
    dims.insert(dims.begin(), groups);
    strides.insert(strides.begin(), dims[2] * own[0]);
  }
  return strided(dims, strides);
}

struct DeconvProblem {
  explicit DeconvProblem(const Problem& p)
      : source(desc_of(p.in[0], ir::Layout::kChannelsLast)),
        output(desc_of(p.out[0], ir::Layout::kChannelsLast)),
        weights(dense_weights(p.in[1].shape, p.layer->get_or<int64_t>("groups", 1))),
        window(window_of(*p.layer, spatial(p.in[1].shape), spatial(p.out[0].shape),
                         spatial(p.in[0].shape))) {
    if (operand(p, 2)) bias = strided({p.out[0].shape[1]}, {1});
  }

  DeconvDesc make(const Desc& weights_desc) const {
    return DeconvDesc(cpu_engine(), dnnl::prop_kind::forward_inference,
                      dnnl::algorithm::deconvolution_direct, source, weights_desc, bias, output,
                      window.stride, window.dilation, window.pre_padding, window.post_padding,
                      plain_attributes(), /*allow_empty=*/true);
  }

  Desc source, output, weights, bias;
  Window window;
};

class Deconvolution final : public KernelImpl {
 public:
  Deconvolution() : KernelImpl("deconvolution", "onednn.deconvolution", 100) {}

  Support supports(const Problem& problem) const override {
    if (Support s = check_operands(problem); !s) return s;
    if (Support s = check_spatial(problem); !s) return s;
    return answered([&] {
      std::string why;
      return exists(pick(problem, DeconvProblem(problem), &why)) ? Support::yes()
                                                                 : Support::no(why);
    });
  }

  Packed pack(const Problem& problem, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (!problem.in[1].is_constant || !problem.in[1].format.empty()) return packed;
    guarded(problem, [&] {
      const DeconvProblem deconv(problem);
      packed[1] =
          pack_weights(in[1], deconv.weights, pick_or_throw(problem, deconv).weights_desc());
    });
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& problem) const override {
    return guarded(problem, [&] {
      const DeconvProblem deconv(problem);
      const DeconvDesc pd = pick_or_throw(problem, deconv);
      KernelBuilder builder(problem);
      builder.input(DNNL_ARG_SRC, 0, desc_of(problem.in[0]), deconv.source);
      builder.input(DNNL_ARG_WEIGHTS, 1, weights_layout(problem.in[1], deconv.weights),
                    pd.weights_desc());
      if (operand(problem, 2)) builder.input(DNNL_ARG_BIAS, 2, deconv.bias, deconv.bias);
      builder.output(DNNL_ARG_DST, 0, desc_of(problem.out[0]), deconv.output);
      return builder.finish(dnnl::deconvolution_forward(pd), pd.scratchpad_desc());
    });
  }

 private:
  DeconvDesc pick(const Problem& problem, const DeconvProblem& deconv, std::string* why) const {
    auto make = [&](const Desc& weights) { return deconv.make(weights); };
    return choose<DeconvDesc>(problem.in[1], deconv.weights, make, why);
  }

  DeconvDesc pick_or_throw(const Problem& problem, const DeconvProblem& deconv) const {
    std::string why;
    DeconvDesc pd = pick(problem, deconv, &why);
    TENON_CHECK(exists(pd), name(), ": ", why, " for ", describe(problem));
    return pd;
  }
};

}  // namespace

void register_deconvolution() { register_kernel(std::make_unique<Deconvolution>()); }

}  // namespace tenon::kernels::onednn
