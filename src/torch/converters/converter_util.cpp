// SPDX-License-Identifier: Apache-2.0
#include "torch_tensorrt/core/conversion/converters/converter_util.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.h"
#include "convert/converter.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/trt_util.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::ITensor;

int32_t rank(const ITensor* t) { return t->getDimensions().nbDims; }

/// Sizes as expressions, which say exactly what is known only at run time.
std::vector<std::string> expressions(const ITensor* t) {
  std::vector<std::string> out;
  for (int32_t i = 0; i < rank(t); ++i) out.push_back(t->getDimensionExpression(i));
  return out;
}

ITensor* reshaped(ConversionCtx* ctx, ITensor* t, const std::vector<std::string>& sizes,
                  const std::string& name) {
  auto* layer = ctx->net->addShuffle(*t);
  layer->setName(name.c_str());
  if (sizes.empty())
    layer->setReshapeDimensions(Dims());
  else
    layer->setReshapeDimensions(sizes);
  return layer->getOutput(0);
}

std::string describe(const torch::jit::Node* n, const char* what) {
  return (n ? util::node_info(n) : std::string()) + what;
}

ITensor* elementwise(ConversionCtx* ctx, ElementWiseOperation op, ITensor* a, ITensor* b,
                     const std::string& name) {
  return add_elementwise(ctx, op, a, b, name)->getOutput(0);
}

/// `value` as a [1] tensor of the type of `like`.
ITensor* integer_like(ConversionCtx* ctx, int64_t value, ITensor* like) {
  return castITensor(ctx, tensor_to_const(ctx, at::full({1}, value, at::kLong)), like->getType());
}

}  // namespace

ITensor* addPadding(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* tensor, int nDim,
                    bool trailing, bool) {
  std::vector<std::string> sizes = expressions(tensor);
  if (static_cast<int>(sizes.size()) >= nDim) return tensor;
  const size_t missing = static_cast<size_t>(nDim) - sizes.size();
  sizes.insert(trailing ? sizes.end() : sizes.begin(), missing, "1");
  return reshaped(ctx, tensor, sizes, describe(n, " [padded]"));
}

ITensor* addUnpadding(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* tensor, int nDim,
                      bool trailing, bool) {
  std::vector<std::string> sizes = expressions(tensor);
  if (static_cast<int>(sizes.size()) <= nDim) return tensor;
  while (static_cast<int>(sizes.size()) > nDim) {
    const auto place = trailing ? sizes.end() - 1 : sizes.begin();
    TENON_CHECK(*place == "1", "addUnpadding: size ", *place, " of '", tensor->getName(),
                "' cannot be removed, wanted 1");
    sizes.erase(place);
  }
  return reshaped(ctx, tensor, sizes, describe(n, " [unpadded]"));
}

nvinfer1::ILayer* add_elementwise(ConversionCtx* ctx, ElementWiseOperation op, ITensor* self,
                                  ITensor* other, const std::string& name) {
  const DataType type = promote_types(self->getType(), other->getType());
  const int most = std::max(rank(self), rank(other));
  ITensor* a = addPadding(ctx, nullptr, castITensor(ctx, self, type, name), most, false);
  ITensor* b = addPadding(ctx, nullptr, castITensor(ctx, other, type, name), most, false);
  auto* layer = ctx->net->addElementWise(*a, *b, op);
  layer->setName(name.c_str());
  return layer;
}

ITensor* add_abs(ConversionCtx* ctx, const torch::jit::Node*, ITensor* self,
                 const std::string& name) {
  auto* layer = ctx->net->addUnary(*self, nvinfer1::UnaryOperation::kABS);
  layer->setName(name.c_str());
  return layer->getOutput(0);
}

bool add_expand(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* in, const Dims& dims) {
  const std::vector<std::string> have = expressions(in);
  const size_t front = static_cast<size_t>(dims.nbDims) - have.size();
  TENON_CHECK(dims.nbDims >= rank(in), "add_expand: ", dims, " has fewer dimensions than '",
              in->getName(), "', which has ", rank(in));
  std::vector<std::string> sizes;
  for (size_t i = 0; i < static_cast<size_t>(dims.nbDims); ++i) {
    TENON_CHECK(dims.d[i] >= 0 || i >= front, "add_expand: ", dims, " has -1 at ", i,
                ", where the tensor has no size to keep");
    sizes.push_back(dims.d[i] >= 0 ? std::to_string(dims.d[i]) : have[i - front]);
  }
  auto* layer = ctx->net->addExpand(*in, Dims());
  layer->setDimensions(sizes);
  layer->setName(util::node_info(n).c_str());
  ctx->AssociateValueAndTensor(n->outputs()[0], layer->getOutput(0));
  return true;
}

ITensor* applyIdentityOp(ConversionCtx* ctx, ITensor* tensor, const std::string& name) {
  auto* layer = ctx->net->addIdentity(*tensor);
  layer->setName(name.c_str());
  return layer->getOutput(0);
}

ITensor* castITensor(ConversionCtx* ctx, ITensor* tensor, DataType dtype,
                     const std::string& layer_name_prefix) {
  if (tensor->getType() == dtype) return tensor;
  auto* layer = ctx->net->addCast(*tensor, dtype);
  layer->setName(tenon::detail::concat(layer_name_prefix, "[cast to ", dtype, "]").c_str());
  return layer->getOutput(0);
}

ITensor* getShapeOutput(ConversionCtx* ctx, ITensor* tensor, const std::string& name) {
  std::vector<ITensor*> sizes;
  for (const std::string& expression : expressions(tensor)) {
    auto* size = ctx->net->add<nvinfer1::ISizeOfLayer>({});
    size->setSize(std::vector<std::string>{expression});
    sizes.push_back(reshaped(ctx, size->getOutput(0), {"1"}, name));
  }
  TENON_CHECK(!sizes.empty(), "getShapeOutput: '", tensor->getName(), "' has no dimensions");
  auto* layer = ctx->net->addConcatenation(sizes.data(), static_cast<int32_t>(sizes.size()));
  layer->setAxis(0);
  layer->setName(name.c_str());
  return layer->getOutput(0);
}

ITensor* tensor_to_const(ConversionCtx* ctx, at::Tensor t, const std::string& name) {
  const Weights weights(ctx, std::move(t));
  auto* layer = ctx->net->addConstant(weights.shape, weights.data);
  if (!name.empty()) layer->setName(name.c_str());
  return layer->getOutput(0);
}

ITensor* scalar_to_tensor(ConversionCtx* ctx, at::Scalar s) {
  const at::ScalarType type = s.isFloatingPoint() ? at::kFloat
                              : s.isBoolean()     ? at::kBool
                                                  : at::kLong;
  return tensor_to_const(ctx, at::scalar_tensor(s, type));
}

ITensor* clamp(ConversionCtx* ctx, ITensor* x, ITensor* lower_bound, ITensor* upper_bound,
               const std::string& name) {
  ITensor* raised = elementwise(ctx, ElementWiseOperation::kMAX, x, lower_bound, name + " [max]");
  return elementwise(ctx, ElementWiseOperation::kMIN, raised, upper_bound, name + " [min]");
}

ITensor* normalize_indices(ConversionCtx* ctx, ITensor* input_dim, ITensor* indices,
                           const std::string& name) {
  ITensor* zero = integer_like(ctx, 0, indices);
  ITensor* negative = elementwise(ctx, ElementWiseOperation::kLESS, indices, zero, name + " [< 0]");
  ITensor* moved =
      elementwise(ctx, ElementWiseOperation::kSUM, indices, input_dim, name + " [from the end]");
  ITensor* kept = castITensor(ctx, indices, moved->getType(), name);
  auto* layer = ctx->net->addSelect(*negative, *moved, *kept);
  layer->setName(name.c_str());
  return layer->getOutput(0);
}

std::vector<ITensor*> normalize_start_and_end(ConversionCtx* ctx, ITensor* in_shape,
                                              ITensor* in_start, ITensor* in_end, int,
                                              const std::string& name) {
  const auto bounded = [&](ITensor* index, const char* what) {
    ITensor* zero = integer_like(ctx, 0, index);
    ITensor* positive = normalize_indices(ctx, in_shape, index, name + what);
    return clamp(ctx, positive, zero, in_shape, name + what);
  };
  ITensor* start = bounded(in_start, " [start]");
  return {start, bounded(in_end, " [end]")};
}

ITensor* get_slice_size(ConversionCtx* ctx, ITensor* start, ITensor* end, ITensor* stride, int,
                        const std::string& name) {
  ITensor* one = integer_like(ctx, 1, stride);
  ITensor* length = elementwise(ctx, ElementWiseOperation::kSUB, end, start, name + " [length]");
  ITensor* less = elementwise(ctx, ElementWiseOperation::kSUB, stride, one, name + " [stride - 1]");
  ITensor* sum = elementwise(ctx, ElementWiseOperation::kSUM, length, less, name + " [rounded up]");
  return elementwise(ctx, ElementWiseOperation::kFLOOR_DIV, sum, stride, name);
}

DataType promote_types(DataType a, DataType b) {
  return util::ScalarTypeToTRTDataType(
      at::promote_types(util::TRTDataTypeToScalarType(a), util::TRTDataTypeToScalarType(b)));
}

}  // namespace converters
}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
