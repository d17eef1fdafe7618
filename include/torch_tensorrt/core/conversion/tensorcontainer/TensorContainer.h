// SPDX-License-Identifier: Apache-2.0
// A tensor of the network as an element of an IValue: an argument that is a list, such as that of
// aten::cat, holds a torch tensor for each constant and one of these for every other element.
#pragma once

#include <ATen/core/ivalue.h>

#include "../../util/macros_api.h"
#include "tenon/nvinfer1.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {

class TORCHTRT_CORE_API TensorContainer : public torch::CustomClassHolder {
 public:
  TensorContainer() = default;
  void hold_tensor(nvinfer1::ITensor* tensor) { tensor_ = tensor; }
  /// Belongs to the network.
  nvinfer1::ITensor* tensor() const { return tensor_; }

 private:
  nvinfer1::ITensor* tensor_ = nullptr;
};

/// An IValue that holds `tensor`.
TORCHTRT_CORE_API c10::IValue to_ivalue(nvinfer1::ITensor* tensor);
TORCHTRT_CORE_API bool is_tensor_container(const c10::IValue& value);

}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
