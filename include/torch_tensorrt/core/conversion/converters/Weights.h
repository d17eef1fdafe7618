// SPDX-License-Identifier: Apache-2.0
// Constant data for layers, from torch tensors and numbers. The data lives as long as the context;
// layers copy it.
#pragma once

#include <ATen/ATen.h>

#include <ostream>

#include "../conversionctx/ConversionCtx.h"
#include "tenon/nvinfer1.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace converters {

struct TORCHTRT_CORE_API Weights {
  nvinfer1::Weights data;
  nvinfer1::Dims kernel_shape;  // sizes from the third on; [1] for fewer than three dimensions
  nvinfer1::Dims shape;
  int64_t num_input_maps = 1;   // size 1, where there is one, else size 0
  int64_t num_output_maps = 1;  // size 0

  Weights() = default;
  /// Any layout and device; the element type stays.
  Weights(ConversionCtx* ctx, at::Tensor t);
  Weights(ConversionCtx* ctx, float value);    // shape []
  Weights(ConversionCtx* ctx, int32_t value);  // shape []
};

TORCHTRT_CORE_API std::ostream& operator<<(std::ostream& out, const Weights& w);

}  // namespace converters
}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
