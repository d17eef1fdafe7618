// SPDX-License-Identifier: Apache-2.0
// Which convolutions add up so many products that the order of the additions matters, and how to
// divide them. Stateless; thread safe.
#pragma once

#include "kernels/onednn/dnnl_common.h"

namespace tenon::kernels::onednn {

/// Products that may be added in one sequence: relative L2 error 3.1e-7, twice that of eager
/// PyTorch's convolution (1.6e-7, the blocked kernel).
inline constexpr int64_t kLongestSequence = 640;
inline constexpr int64_t kBlock = 16;  // channels in a vector of AVX-512

/// "yes" for a convolution with longer sums that convolution_blocked and convolution_split can do.
/// Only with AVX-512: with AVX2 eager's kernels add in sequence, too.
Support check_long_sum(const Problem& problem);

/// The most channels, in whole blocks, that divide the input channels evenly and whose products are
/// within kLongestSequence; at least one block.
int64_t channels_of_part(const Problem& problem);

}  // namespace tenon::kernels::onednn
