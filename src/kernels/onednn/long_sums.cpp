// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/long_sums.h"

namespace tenon::kernels::onednn {

Support check_long_sum(const Problem& p) {
  const std::vector<int64_t>& w = p.in[1].shape;
  if (isa() != Isa::kAvx512) return Support::no("for AVX-512 only");
  if (w.size() != 4 || p.layer->get_or<int64_t>("groups", 1) != 1)
    return Support::no("for two spatial dimensions and one group only");
  if (w[0] % kBlock != 0 || w[1] % kBlock != 0)
    return Support::no("for whole blocks of 16 channels only");
  if (w[1] * w[2] * w[3] <= kLongestSequence)
    return Support::no("for sums of more than 640 products only");
  return Support::yes();
}

int64_t channels_of_part(const Problem& p) {
  const std::vector<int64_t>& w = p.in[1].shape;
  const int64_t blocks = w[1] / kBlock, fit = kLongestSequence / (kBlock * w[2] * w[3]);
  int64_t part = std::min(blocks, std::max<int64_t>(fit, 1));
  while (blocks % part != 0) --part;
  return part * kBlock;
}

}  // namespace tenon::kernels::onednn
