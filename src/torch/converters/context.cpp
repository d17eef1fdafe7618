// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.h"
#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {

ConversionCtx::ConversionCtx(BuilderSettings build_settings,
                             std::shared_ptr<nvinfer1::INetworkDefinition> network)
    : net(std::move(network)),
      builder(nvinfer1::createBuilder()),
      cfg(builder->createBuilderConfig()),
      settings(std::move(build_settings)),
      enabled_precisions(settings.enabled_precisions) {
  if (!net) net = builder->createNetworkV2();
  num_inputs = static_cast<uint64_t>(net->getNbInputs());
  num_outputs = static_cast<uint64_t>(net->getNbOutputs());
}

ConversionCtx::ConversionCtx(BuilderSettings build_settings)
    : ConversionCtx(std::move(build_settings), nullptr) {}

ConversionCtx::~ConversionCtx() = default;

nvinfer1::ITensor* ConversionCtx::AssociateValueAndTensor(const torch::jit::Value* value,
                                                          nvinfer1::ITensor* tensor) {
  TENON_CHECK(value && tensor, "AssociateValueAndTensor: the ", value ? "tensor" : "value",
              " is null");
  tensor->getDimensions();  // infers, so that layers copy their weights and mistakes show here
  evaluated_value_map.erase(value);
  value_tensor_map[value] = tensor;
  return tensor;
}

torch::jit::IValue* ConversionCtx::AssociateValueAndIValue(const torch::jit::Value* value,
                                                           torch::jit::IValue ivalue) {
  TENON_CHECK(value, "AssociateValueAndIValue: the value is null");
  value_tensor_map.erase(value);
  return &(evaluated_value_map[value] = std::move(ivalue));
}

bool ConversionCtx::CheckLayerAddition(const torch::jit::Node* n) const {
  return std::all_of(n->outputs().begin(), n->outputs().end(), [&](const torch::jit::Value* v) {
    return value_tensor_map.count(v) || evaluated_value_map.count(v);
  });
}

std::string ConversionCtx::SerializeEngine() {
  throw tenon::Error(
      "SerializeEngine: the engine is built when all nodes of the segment have been converted; a "
      "converter only adds layers");
}

}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
