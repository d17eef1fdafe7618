// SPDX-License-Identifier: Apache-2.0
// Average pooling, in the layout the input has. Not max pooling: oneDNN's maximum ignores NaN,
// which PyTorch passes on.
#include "kernels/onednn/plugin.h"
#include "kernels/onednn/post_ops.h"
#include "kernels/onednn/window.h"

namespace tenon::kernels::onednn {

namespace {

using PoolDesc = dnnl::pooling_forward::primitive_desc;

struct PoolProblem {
  explicit PoolProblem(const Problem& p)
      : layer(*p.layer),
        source(desc_of(p.in[0])),
        output(desc_of(p.out[0])),
        kernel(layer.get<std::vector<int64_t>>("window")),
        window(window_of(layer, kernel, spatial(p.in[0].shape), spatial(p.out[0].shape))) {}

  dnnl::algorithm algorithm() const {
    return layer.get_or<bool>("exclude_padding", true)
               ? dnnl::algorithm::pooling_avg_exclude_padding
               : dnnl::algorithm::pooling_avg_include_padding;
  }

  PoolDesc make() const {
    return PoolDesc(cpu_engine(), dnnl::prop_kind::forward_inference, algorithm(), source, output,
                    window.stride, kernel, window.dilation, window.pre_padding, window.post_padding,
                    plain_attributes(), /*allow_empty=*/true);
  }

  const ir::Node& layer;
  Desc source, output;
  Dims kernel;
  Window window;
};

/// A window that ceil_mode lets hang over the padded input: oneDNN would count what hangs over.
Support check_overhang(const PoolProblem& pool) {
  if (pool.algorithm() != dnnl::algorithm::pooling_avg_include_padding) return Support::yes();
  const auto given = pool.layer.get_or<std::vector<int64_t>>("post_padding", {});
  for (size_t i = 0; i < pool.kernel.size(); ++i)
    if (pool.window.post_padding[i] > (given.empty() ? 0 : given[i]))
      return Support::no("ceil_mode with counted padding: the last window hangs over the padding");
  return Support::yes();
}

class Pooling final : public KernelImpl {
 public:
  Pooling() : KernelImpl("pooling", "onednn.pooling", 100) {}

  Support supports(const Problem& problem) const override {
    if (Support s = check_operands(problem); !s) return s;
    if (Support s = check_spatial(problem); !s) return s;
    if (problem.layer->get<std::string>("type") == "max")
      return Support::no("oneDNN's max pooling drops NaN, which PyTorch passes on");
    const size_t n = problem.layer->get<std::vector<int64_t>>("window").size();
    if (n + 2 != problem.in[0].shape.size()) return Support::no("not an [N, C, spatial...] input");
    if (problem.in[0].layout != problem.out[0].layout)
      return Support::no("input and output have different layouts");
    return answered([&] {
      const PoolProblem pool(problem);
      if (Support s = check_overhang(pool); !s) return s;
      std::string why;
      return usable(pool.make(), &why) ? Support::yes() : Support::no(why);
    });
  }

  std::unique_ptr<Kernel> prepare(const Problem& problem) const override {
    return guarded(problem, [&] {
      const PoolProblem pool(problem);
      const PoolDesc pd = pool.make();
      TENON_CHECK(exists(pd), name(), ": oneDNN has no implementation for ", describe(problem));
      KernelBuilder builder(problem);
      builder.input(DNNL_ARG_SRC, 0, pool.source, pool.source);
      builder.output(DNNL_ARG_DST, 0, pool.output, pool.output);
      return builder.finish(dnnl::pooling_forward(pd), pd.scratchpad_desc());
    });
  }
};

}  // namespace

void register_pooling() { register_kernel(std::make_unique<Pooling>()); }

}  // namespace tenon::kernels::onednn
