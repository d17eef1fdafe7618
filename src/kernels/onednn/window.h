// SPDX-License-Identifier: Apache-2.0
// Sizes of a sliding-window layer (convolution, deconvolution, pooling) as oneDNN wants them.
// Plain values; thread safe.
#pragma once

#include "kernels/onednn/dnnl_common.h"

namespace tenon::kernels::onednn {

struct Window {
  Dims stride, dilation;  // dilation: 0 = dense
  Dims pre_padding,
      post_padding;  // post: what the window really covers (may differ from the attribute)
};

/// From the layer's attributes. `kernel` are the spatial window sizes; the window slides over
/// `wide` and gives one value per element of `narrow` (both without batch and channels).
Window window_of(const ir::Node& layer, const Dims& kernel, const Dims& wide, const Dims& narrow);

/// Dims without batch and channels.
Dims spatial(const std::vector<int64_t>& shape);

/// "yes" for one to three spatial dimensions.
Support check_spatial(const Problem& problem);

}  // namespace tenon::kernels::onednn
