// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/window.h"

#include "net/layer.h"

namespace tenon::kernels::onednn {

Dims spatial(const std::vector<int64_t>& shape) { return Dims(shape.begin() + 2, shape.end()); }

Support check_spatial(const Problem& problem) {
  const size_t rank = problem.in[0].shape.size();
  if (rank >= 3 && rank <= 5) return Support::yes();
  return Support::no(
      detail::concat(static_cast<int64_t>(rank) - 2, " spatial dimensions, wanted 1 to 3"));
}

Window window_of(const ir::Node& layer, const Dims& kernel, const Dims& wide, const Dims& narrow) {
  const size_t n = kernel.size();
  auto list = [&](const char* name, int64_t fallback) {
    return net::expanded(layer.get_or<std::vector<int64_t>>(name, {}), n, fallback);
  };
  Window w{list("stride", 1), list("dilation", 1), list("pre_padding", 0), Dims(n)};
  for (size_t i = 0; i < n; ++i) {
    const int64_t reach = (kernel[i] - 1) * w.dilation[i] + 1;
    w.post_padding[i] = (narrow[i] - 1) * w.stride[i] + reach - wide[i] - w.pre_padding[i];
    w.dilation[i] -= 1;
  }
  return w;
}

}  // namespace tenon::kernels::onednn
