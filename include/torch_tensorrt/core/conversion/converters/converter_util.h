// SPDX-License-Identifier: Apache-2.0
// Frequent groups of layers. Tensors are of the context's network; `name` is given to the layers.
// Sizes known only at run time are handled unless a function says otherwise.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/ir.h>

#include <string>
#include <vector>

#include "../conversionctx/ConversionCtx.h"
#include "Weights.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace converters {

using nvinfer1::DataType;
using nvinfer1::Dims;

/// Ones added behind (`trailing`) or in front until `tensor` has `nDim` dimensions. `use_zeros` is
/// accepted for source compatibility: sizes are copied exactly either way.
TORCHTRT_CORE_API nvinfer1::ITensor* addPadding(ConversionCtx* ctx, const torch::jit::Node* n,
                                                nvinfer1::ITensor* tensor, int nDim,
                                                bool trailing = true, bool use_zeros = true);
/// Ones removed behind (`trailing`) or in front until `tensor` has `nDim` dimensions; throws where
/// the size to remove is not 1.
TORCHTRT_CORE_API nvinfer1::ITensor* addUnpadding(ConversionCtx* ctx, const torch::jit::Node* n,
                                                  nvinfer1::ITensor* tensor, int nDim,
                                                  bool trailing = true, bool use_zeros = true);
/// Operands of different types are cast to the promoted type, of different ranks padded in front.
TORCHTRT_CORE_API nvinfer1::ILayer* add_elementwise(ConversionCtx* ctx,
                                                    nvinfer1::ElementWiseOperation op,
                                                    nvinfer1::ITensor* self,
                                                    nvinfer1::ITensor* other,
                                                    const std::string& name);
TORCHTRT_CORE_API nvinfer1::ITensor* add_abs(ConversionCtx* ctx, const torch::jit::Node* n,
                                             nvinfer1::ITensor* self, const std::string& name);
/// `in` expanded to `dims` (-1 keeps a size) is the result of `n`.
TORCHTRT_CORE_API bool add_expand(ConversionCtx* ctx, const torch::jit::Node* n,
                                  nvinfer1::ITensor* in, const Dims& dims);
TORCHTRT_CORE_API nvinfer1::ITensor* applyIdentityOp(ConversionCtx* ctx, nvinfer1::ITensor* tensor,
                                                     const std::string& name);
/// `tensor` itself if it has that type.
TORCHTRT_CORE_API nvinfer1::ITensor* castITensor(ConversionCtx* ctx, nvinfer1::ITensor* tensor,
                                                 DataType dtype,
                                                 const std::string& layer_name_prefix = "");
/// The sizes of `tensor`: an int64 tensor [rank].
TORCHTRT_CORE_API nvinfer1::ITensor* getShapeOutput(ConversionCtx* ctx, nvinfer1::ITensor* tensor,
                                                    const std::string& name = "");
TORCHTRT_CORE_API nvinfer1::ITensor* tensor_to_const(ConversionCtx* ctx, at::Tensor t,
                                                     const std::string& name = "");
/// A 0-d constant, float32, int64 or bool as the scalar is.
TORCHTRT_CORE_API nvinfer1::ITensor* scalar_to_tensor(ConversionCtx* ctx, at::Scalar s);
/// min(max(x, lower_bound), upper_bound).
TORCHTRT_CORE_API nvinfer1::ITensor* clamp(ConversionCtx* ctx, nvinfer1::ITensor* x,
                                           nvinfer1::ITensor* lower_bound,
                                           nvinfer1::ITensor* upper_bound, const std::string& name);
/// Negative elements of `indices` have `input_dim` added.
TORCHTRT_CORE_API nvinfer1::ITensor* normalize_indices(ConversionCtx* ctx,
                                                       nvinfer1::ITensor* input_dim,
                                                       nvinfer1::ITensor* indices,
                                                       const std::string& name);
/// {start, end} of a slice as torch understands them: negative ones count from the end, all are
/// bounded to [0, in_shape]. Tensors [nbdims] of one integer type.
TORCHTRT_CORE_API std::vector<nvinfer1::ITensor*> normalize_start_and_end(
    ConversionCtx* ctx, nvinfer1::ITensor* in_shape, nvinfer1::ITensor* in_start,
    nvinfer1::ITensor* in_end, int nbdims, const std::string& name);
/// ceil((end - start) / stride) of normalised tensors [nbdims].
TORCHTRT_CORE_API nvinfer1::ITensor* get_slice_size(ConversionCtx* ctx, nvinfer1::ITensor* start,
                                                    nvinfer1::ITensor* end,
                                                    nvinfer1::ITensor* stride, int nbdims,
                                                    const std::string& name);
/// torch's promotion of tensors' types.
TORCHTRT_CORE_API DataType promote_types(DataType type_a, DataType type_b);

}  // namespace converters
}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
