// SPDX-License-Identifier: Apache-2.0
// What a converter works with while it converts one node. `net` is the network that the node's
// segment becomes; layers added to it stay. Everything else lives until the converter returns.
// One thread at a time; conversions on other threads have contexts of their own.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "../../util/logging/TorchTRTLogger.h"
#include "../../util/macros_api.h"
#include "tenon/nvinfer1.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {

/// The settings of the compilation, to be read: what a converter changes here has no effect.
struct BuilderSettings {
  std::set<nvinfer1::DataType> enabled_precisions = {nvinfer1::DataType::kFLOAT};
  std::string device;  // "cpu", "cuda:0"; empty: that of the model
  bool disable_tf32 = false;
  bool debug = false;
  bool truncate_long_and_double = false;  // float64 runs as float32; int64 is always kept
  uint64_t num_avg_timing_iters = 1;
};

struct TORCHTRT_CORE_API ConversionCtx {
  /// With a network of its own.
  explicit ConversionCtx(BuilderSettings settings = {});
  ConversionCtx(BuilderSettings settings, std::shared_ptr<nvinfer1::INetworkDefinition> network);
  ~ConversionCtx();
  ConversionCtx(const ConversionCtx&) = delete;
  ConversionCtx& operator=(const ConversionCtx&) = delete;

  /// Says that `tensor` is the node's result `value`, and infers its shape. Returns it.
  nvinfer1::ITensor* AssociateValueAndTensor(const torch::jit::Value* value,
                                             nvinfer1::ITensor* tensor);
  /// The same with a value known now: a tensor becomes a constant of the network, a list may hold
  /// TensorContainers.
  torch::jit::IValue* AssociateValueAndIValue(const torch::jit::Value* value,
                                              torch::jit::IValue ivalue);
  void RecordNewITensor(const torch::jit::Value* value, nvinfer1::ITensor* tensor) {
    AssociateValueAndTensor(value, tensor);
  }
  /// Has every result of the node been associated?
  bool CheckLayerAddition(const torch::jit::Node* n) const;
  /// Throws: the engine is built when all nodes of the segment have been converted.
  std::string SerializeEngine();

  std::shared_ptr<nvinfer1::INetworkDefinition> net;
  // Not those that build the engine: a converter can build something small with them, but what is
  // set on `cfg` does not reach the engine, and warns.
  std::shared_ptr<nvinfer1::IBuilder> builder;
  std::shared_ptr<nvinfer1::IBuilderConfig> cfg;
  BuilderSettings settings;
  std::set<nvinfer1::DataType> enabled_precisions;
  util::logging::TorchTRTLogger logger;
  bool input_is_dynamic = false;  // some size of the program is known only at run time
  uint64_t num_inputs = 0;        // of the network
  uint64_t num_outputs = 0;
  std::unordered_map<const torch::jit::Value*, nvinfer1::ITensor*> value_tensor_map;
  std::unordered_map<const torch::jit::Value*, torch::jit::IValue> evaluated_value_map;
  /// Kept until the converter has returned and its layers have been checked; layers copy their
  /// weights.
  std::vector<std::shared_ptr<void>> builder_resources;
};

}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
