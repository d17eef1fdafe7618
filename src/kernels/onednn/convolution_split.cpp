// SPDX-License-Identifier: Apache-2.0
// Convolution of many channels as several convolutions of fewer, each added to the output of those
// before, so that no sum is one long sequence (see convolution.cpp): relative L2 error 2.9e-7 at
// any length. The channels of a part are copied together first, because oneDNN's channels-last
// kernels want them dense; weights are packed part after part, as if the parts were groups.
// 1.04 to 1.12 times the time of one channels-last convolution (one thread of a Sapphire Rapids,
// ResNet-18's layers of 128 to 512 channels at batch 1).
#include "kernels/onednn/long_sums.h"
#include "kernels/onednn/plugin.h"
#include "kernels/onednn/post_ops.h"
#include "kernels/onednn/weights.h"
#include "kernels/onednn/window.h"

namespace tenon::kernels::onednn {

namespace {

using ConvDesc = dnnl::convolution_forward::primitive_desc;
constexpr auto kF32 = dnnl::memory::data_type::f32;

/// [N, C, H, W] as [part, N, H, W, channels of a part], in its own order.
Desc as_parts(const TensorDesc& t, int64_t channels) {
  const std::vector<int64_t> s = t.strides();
  return strided({t.shape[1] / channels, t.shape[0], t.shape[2], t.shape[3], channels},
                 {s[1] * channels, s[0], s[2], s[3], s[1]});
}

/// "onednn:64x32x3x3:Acdb64a" of one part as "onednn:8x64x32x3x3:aBdec64b", the layout of `parts`
/// of them one after the other. Empty if oneDNN has no name for it.
Desc stacked(const Desc& part, int64_t parts) {
  const std::string one = format_name(part);
  if (one.empty()) return Desc();
  const size_t dims = one.find(':') + 1, tag = one.rfind(':') + 1;
  std::string name =
      one.substr(0, dims) + std::to_string(parts) + "x" + one.substr(dims, tag - dims) + "a";
  for (char c : one.substr(tag)) name += std::isalpha(c) ? static_cast<char>(c + 1) : c;
  Desc all = find_format(name);
  const bool dense = all.get(true) && all.get_size() == parts * part.get_size();
  return dense ? all : Desc();
}

/// The convolutions of the first, a middle and the last part, all with weights in one layout.
struct SplitProblem {
  explicit SplitProblem(const Problem& p)
      : problem(p),
        channels(channels_of_part(p)),
        parts(p.in[0].shape[1] / channels),
        output(desc_of(p.out[0], ir::Layout::kChannelsLast)) {
    const std::vector<int64_t>&x = p.in[0].shape, &w = p.in[1].shape;
    source = Desc({x[0], channels, x[2], x[3]}, kF32, dnnl::memory::format_tag::nhwc);
    sources = strided({parts, x[0], x[2], x[3], channels},
                      row_major({parts, x[0], x[2], x[3], channels}));
    const int64_t taps = w[2] * w[3];
    dense_weights =
        strided({parts, w[0], channels, w[2], w[3]}, {channels * taps, w[1] * taps, taps, w[3], 1});
    if (operand(p, 2)) bias = strided({w[0]}, {1});
    window = window_of(*p.layer, spatial(w), spatial(x), spatial(p.out[0].shape));
    first = make(any_layout({w[0], channels, w[2], w[3]}), Desc(), plain_attributes());
    if (!exists(first)) return;
    middle = make(first.weights_desc(), Desc(), plain_attributes(true));
    last = make(first.weights_desc(), bias, attributes(p, output, true));
    weights = stacked(first.weights_desc(), parts);
  }

  ConvDesc make(const Desc& weights_desc, const Desc& bias_desc,
                const dnnl::primitive_attr& attr) const {
    return ConvDesc(cpu_engine(), dnnl::prop_kind::forward_inference,
                    dnnl::algorithm::convolution_direct, source, weights_desc, bias_desc, output,
                    window.stride, window.dilation, window.pre_padding, window.post_padding, attr,
                    /*allow_empty=*/true);
  }

  Support check() const {
    std::string why;
    for (const ConvDesc* pd : {&first, &middle, &last})
      if (!usable(*pd, &why)) return Support::no(why);
    if (!weights.get(true)) return Support::no("the weights' layout has no name");
    return Support::yes();
  }

  const Problem& problem;
  int64_t channels, parts;
  Desc source, sources, dense_weights, bias, output;
  Desc weights;  // of all parts, packed
  Window window;
  ConvDesc first, middle, last;
};

/// The arguments that the convolutions of all parts have.
std::vector<Argument> arguments(const SplitProblem& s, int64_t part, Source from, Source weights,
                                Source to, Source scratch) {
  const ConvDesc& pd = part == 0 ? s.first : part + 1 < s.parts ? s.middle : s.last;
  from.offset += static_cast<size_t>(part) * s.source.get_size();
  weights.offset += static_cast<size_t>(part) * pd.weights_desc().get_size();
  return {{DNNL_ARG_SRC, s.source, from},
          {DNNL_ARG_WEIGHTS, pd.weights_desc(), weights},
          {DNNL_ARG_DST, s.output, to},
          {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc(), scratch}};
}

std::unique_ptr<Kernel> build(const SplitProblem& s) {
  const Problem& p = s.problem;
  KernelBuilder builder(p);
  const Source from = builder.staged_input(0, as_parts(p.in[0], s.channels), s.sources);
  const Source weights =
      builder.staged_input(1, weights_layout(p.in[1], s.dense_weights), s.weights);
  const Source to = builder.staged_output(0, desc_of(p.out[0]), s.output);
  size_t bytes = 0;
  for (const ConvDesc* pd : {&s.first, &s.middle, &s.last})
    bytes = std::max(bytes, pd->scratchpad_desc().get_size());
  const Source scratch = builder.scratch(bytes);
  const dnnl::convolution_forward first(s.first), middle(s.middle);
  const int64_t end = s.parts - 1;
  if (operand(p, 2)) builder.input(DNNL_ARG_BIAS, 2, s.bias, s.bias);
  if (const TensorDesc* residual = operand(p, kResidual))
    bind_residual(builder, p, desc_of(*residual), s.output, /*accumulate=*/true);
  for (int64_t part = 0; part < end; ++part)
    builder.step(part ? middle : first, arguments(s, part, from, weights, to, scratch));
  for (const Argument& a : arguments(s, end, from, weights, to, scratch))
    builder.argument(a.arg, a.desc, a.from);
  return builder.finish(dnnl::convolution_forward(s.last), Desc());
}

class SplitConvolution final : public KernelImpl {
 public:
  SplitConvolution() : KernelImpl("convolution", "onednn.convolution_split", 95) {}

  Support supports(const Problem& problem) const override {
    if (Support s = check_operands(problem); !s) return s;
    if (Support s = check_activation(*problem.layer); !s) return s;
    if (!problem.in[1].plain()) return Support::no("the kernel operand is not row-major");
    if (Support s = check_long_sum(problem); !s) return s;
    return answered([&] { return SplitProblem(problem).check(); });
  }

  Packed pack(const Problem& problem, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (!problem.in[1].is_constant || !problem.in[1].format.empty()) return packed;
    guarded(problem, [&] {
      const SplitProblem s = checked(problem);
      packed[1] = pack_weights(in[1], s.dense_weights, s.weights);
    });
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& problem) const override {
    return guarded(problem, [&] { return build(checked(problem)); });
  }

 private:
  SplitProblem checked(const Problem& problem) const {
    SplitProblem s(problem);
    const Support support = s.check();
    TENON_CHECK(support, name(), ": ", support.reason(), " for ", describe(problem));
    return s;
  }
};

}  // namespace

void register_convolution_split() { register_kernel(std::make_unique<SplitConvolution>()); }

}  // namespace tenon::kernels::onednn
