// SPDX-License-Identifier: Apache-2.0
#include "torch_tensorrt/core/conversion/converters/Weights.h"

#include "torch_tensorrt/core/util/trt_util.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace converters {

Weights::Weights(ConversionCtx* ctx, at::Tensor t) {
  auto owned = std::make_shared<at::Tensor>(t.detach().cpu().contiguous());
  ctx->builder_resources.push_back(owned);
  data = {util::ScalarTypeToTRTDataType(owned->scalar_type()), owned->const_data_ptr(),
          owned->numel()};
  shape = util::toDims(owned->sizes());
  kernel_shape = util::toDims(shape.nbDims > 2 ? owned->sizes().slice(2) : c10::IntArrayRef{1});
  if (shape.nbDims > 0) num_output_maps = num_input_maps = shape.d[0];
  if (shape.nbDims > 1) num_input_maps = shape.d[1];
}

Weights::Weights(ConversionCtx* ctx, float value)
    : Weights(ctx, at::scalar_tensor(value, at::kFloat)) {}
Weights::Weights(ConversionCtx* ctx, int32_t value)
    : Weights(ctx, at::scalar_tensor(value, at::kInt)) {}

std::ostream& operator<<(std::ostream& out, const Weights& w) {
  return out << "Weights " << w.data.type << w.shape << ", kernel " << w.kernel_shape << ", "
             << w.num_input_maps << " input and " << w.num_output_maps << " output maps";
}

}  // namespace converters
}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
