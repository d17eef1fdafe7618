// SPDX-License-Identifier: Apache-2.0
// Convolution with residual and activation. The primitive works on channels-last data: oneDNN 3.2
// has only reference code for row-major input with f32 (even for three channels), and on AVX-512
// its channels-last kernels reach 500 of about 600 GFLOP/s on two Zen 5 cores. Operands in another
// order are reordered through scratch.
//
// Long sums are the exception. The channels-last kernels add all C * kernel products of an output
// one after the other, and the error grows with the root of their number: relative L2 3.0e-7 at 576
// products, 4.3e-7 at 1152, 8.0e-7 at 4608. The kernel for blocked data adds 16 channels at a time:
// 1.6e-7 to 1.8e-7 at any length. So above kLongestSequence products it and convolution_split are
// the candidates. Which is faster depends on the layer and the CPU: with its reorders the blocked
// kernel takes 1.05 to 1.35 times as long on Sapphire Rapids (one thread, batch 1); on Zen 5 it has
// 0.75 of the channels-last kernels' speed, and half where images are as small as 7x7.
// bench/kernels/onednn_rounding prints error and time of each implementation.
#include "kernels/onednn/long_sums.h"
#include "kernels/onednn/plugin.h"
#include "kernels/onednn/post_ops.h"
#include "kernels/onednn/weights.h"
#include "kernels/onednn/window.h"

namespace tenon::kernels::onednn {

namespace {

using ConvDesc = dnnl::convolution_forward::primitive_desc;

/// Which of oneDNN's implementations to take.
enum class Choice { kFirst, kDirect, kBlocked };

/// An [N, C, H, W] tensor stored as [N, C/16, H, W, 16].
Desc blocked_desc(const TensorDesc& t) {
  return Desc(Dims(t.shape.begin(), t.shape.end()), dnnl::memory::data_type::f32,
              dnnl::memory::format_tag::nChw16c);
}

/// A convolution's descriptors at concrete sizes.
struct ConvProblem {
  ConvProblem(const Problem& p, Choice choice) : problem(p) {
    if (choice == Choice::kBlocked) {
      source = blocked_desc(p.in[0]);
      output = blocked_desc(p.out[0]);
    } else {
      source = desc_of(p.in[0], ir::Layout::kChannelsLast);
      output = desc_of(p.out[0], ir::Layout::kChannelsLast);
    }
    const std::vector<int64_t>& w = p.in[1].shape;
    Dims dims(w.begin(), w.end());
    const int64_t groups = p.layer->get_or<int64_t>("groups", 1);
    if (groups > 1) {
      dims[0] /= groups;
      dims.insert(dims.begin(), groups);
    }
    weights = strided(dims, row_major(dims));
    if (operand(p, 2)) bias = strided({w[0]}, {1});
    window = window_of(*p.layer, spatial(w), spatial(p.in[0].shape), spatial(p.out[0].shape));
    attr = attributes(p, output);
  }

  ConvDesc make(const Desc& weights_desc) const {
    return ConvDesc(cpu_engine(), dnnl::prop_kind::forward_inference,
                    dnnl::algorithm::convolution_direct, source, weights_desc, bias, output,
                    window.stride, window.dilation, window.pre_padding, window.post_padding, attr,
                    /*allow_empty=*/true);
  }

  const Problem& problem;
  Desc source, weights, bias, output;
  Window window;
  dnnl::primitive_attr attr;
};

/// The first implementation that is not batch-reduce GEMM; the very first if there is none.
ConvDesc make_direct(const ConvProblem& conv, const Desc& weights) {
  ConvDesc pd = conv.make(weights);
  while (exists(pd) && is_brgemm(pd))
    if (!pd.next_impl()) return conv.make(weights);
  std::string why;
  return usable(pd, &why) ? pd : conv.make(weights);
}

class Convolution final : public KernelImpl {
 public:
  Convolution(const char* name, int priority, Choice choice)
      : KernelImpl("convolution", name, priority), choice_(choice) {}

  Support supports(const Problem& problem) const override {
    if (Support s = check_operands(problem); !s) return s;
    if (Support s = check_spatial(problem); !s) return s;
    if (Support s = check_activation(*problem.layer); !s) return s;
    if (!problem.in[1].plain()) return Support::no("the kernel operand is not row-major");
    const Support long_sum = check_long_sum(problem);
    if (choice_ == Choice::kBlocked && !long_sum) return long_sum;
    if (choice_ != Choice::kBlocked && long_sum)
      return Support::no("long sums: convolution_blocked and convolution_split round less");
    return answered([&] {
      std::string why;
      const ConvProblem conv(problem, choice_);
      if (!exists(pick(conv, &why))) return Support::no(why);
      // One kernel under two names would only be timed twice.
      if (choice_ == Choice::kDirect && !is_brgemm(conv.make(any_layout(conv.weights.get_dims()))))
        return Support::no("onednn.convolution uses the direct kernel already");
      return Support::yes();
    });
  }

  Packed pack(const Problem& problem, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (!problem.in[1].is_constant || !problem.in[1].format.empty()) return packed;
    guarded(problem, [&] {
      const ConvProblem conv(problem, choice_);
      packed[1] = pack_weights(in[1], conv.weights, pick_or_throw(conv).weights_desc());
    });
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& problem) const override {
    return guarded(problem, [&] {
      const ConvProblem conv(problem, choice_);
      const ConvDesc pd = pick_or_throw(conv);
      KernelBuilder builder(problem);
      builder.input(DNNL_ARG_SRC, 0, desc_of(problem.in[0]), conv.source);
      builder.input(DNNL_ARG_WEIGHTS, 1, weights_layout(problem.in[1], conv.weights),
                    pd.weights_desc());
      if (operand(problem, 2)) builder.input(DNNL_ARG_BIAS, 2, conv.bias, conv.bias);
      if (const TensorDesc* residual = operand(problem, kResidual))
        bind_residual(builder, problem, desc_of(*residual), conv.output);
      builder.output(DNNL_ARG_DST, 0, desc_of(problem.out[0]), conv.output);
      return builder.finish(dnnl::convolution_forward(pd), pd.scratchpad_desc());
    });
  }

 private:
  ConvDesc pick(const ConvProblem& conv, std::string* why) const {
    auto make = [&](const Desc& weights) {
      return choice_ == Choice::kDirect ? make_direct(conv, weights) : conv.make(weights);
    };
    return choose<ConvDesc>(conv.problem.in[1], conv.weights, make, why);
  }

  ConvDesc pick_or_throw(const ConvProblem& conv) const {
    std::string why;
    ConvDesc pd = pick(conv, &why);
    TENON_CHECK(exists(pd), name(), ": ", why, " for ", describe(conv.problem));
    return pd;
  }

  Choice choice_;
};

}  // namespace

void register_convolution() {
  register_kernel(std::make_unique<Convolution>("onednn.convolution", 100, Choice::kFirst));
  register_kernel(std::make_unique<Convolution>("onednn.convolution_direct", 90, Choice::kDirect));
  register_kernel(
      std::make_unique<Convolution>("onednn.convolution_blocked", 100, Choice::kBlocked));
}

}  // namespace tenon::kernels::onednn
