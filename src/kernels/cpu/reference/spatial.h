// SPDX-License-Identifier: Apache-2.0
// Window arithmetic of convolution and pooling layers, for 1 to 3 spatial dims brought to exactly
// three (missing ones in front have size 1). Plain values.
#pragma once

#include <array>

#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

using Three = std::array<int64_t, 3>;

/// `list` with `value` in front until it has three entries.
Three three(const std::vector<int64_t>& list, int64_t value);
inline int64_t product(const Three& t) { return t[0] * t[1] * t[2]; }

/// How output positions and window positions map to input positions.
struct Window {
  Three in, out, kernel, stride, pre, post, dilation;

  int64_t source(int d, int64_t o, int64_t k) const {
    return o * stride[d] - pre[d] + k * dilation[d];
  }
};

/// The window of a layer with `n` spatial dims; reads stride, pre_padding, post_padding, dilation.
Window make_window(const Problem& p, const std::vector<int64_t>& kernel);
/// The last n sizes of a shape as three.
Three last_dims(const Shape& shape, size_t n);
/// Yes if the input has 1 to 3 spatial dims.
Support spatial_rank(const Problem& p);

}  // namespace tenon::kernels::reference
