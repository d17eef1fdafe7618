// SPDX-License-Identifier: Apache-2.0
#include <ATen/core/ivalue.h>

#include "base/error.h"
#include "torch/api/settings.h"
#include "torch/api/signature.h"

namespace torch_tensorrt {

DataType::DataType(c10::ScalarType type) {
  for (Value value : {kLong, kDouble, kFloat, kHalf, kChar, kInt, kBool, kBFloat16, kByte}) {
    if (detail::scalar_type(value) != type) continue;
    value_ = value;
    return;
  }
  throw Error(std::string("data type ") + c10::toString(type) + " is none that engines have");
}

Device::DeviceType::DeviceType(c10::DeviceType type)
    : value_(type == c10::DeviceType::CPU ? kCPU : kGPU) {
  TENON_CHECK(type == c10::DeviceType::CPU || type == c10::DeviceType::CUDA, "device type is ",
              c10::DeviceTypeName(type, true), ", wanted cpu or cuda");
}

TensorFormat::TensorFormat(at::MemoryFormat format) {
  switch (format) {
    case at::MemoryFormat::Contiguous:
      value_ = kContiguous;
      return;
    case at::MemoryFormat::ChannelsLast:
    case at::MemoryFormat::ChannelsLast3d:
      value_ = kChannelsLast;
      return;
    default:
      throw Error("memory format is none of contiguous and channels last");
  }
}

// ---- Input

Input::Input(Shape given, DataType type, Domain domain, TensorFormat layout)
    : min_shape(given),
      opt_shape(given),
      max_shape(given),
      shape(std::move(given)),
      dtype(type),
      format(layout),
      tensor_domain(std::move(domain)) {
  TENON_CHECK(tensor_domain.size() == 2 && tensor_domain[0] < tensor_domain[1],
              "tensor_domain of an Input wants (low, high) with low < high");
}

Input::Input(Shape low, Shape best, Shape high, DataType type, Domain domain, TensorFormat layout)
    : Input(best, type, std::move(domain), layout) {
  min_shape = std::move(low);
  max_shape = std::move(high);
  detail::check_shapes(*this, 0);
  for (size_t d = 0; d < shape.size(); ++d) {
    if (min_shape[d] == max_shape[d]) continue;
    shape[d] = -1;
    input_is_dynamic = true;
  }
}

namespace {
const Input::Domain kDomain = {0, 2};
}

Input::Input(Shape s, TensorFormat f) : Input(std::move(s), DataType::kUnknown, kDomain, f) {}
Input::Input(Shape s, Domain domain, TensorFormat f)
    : Input(std::move(s), DataType::kUnknown, std::move(domain), f) {}
Input::Input(Shape s, DataType type, TensorFormat f) : Input(std::move(s), type, kDomain, f) {}
Input::Input(Shape low, Shape best, Shape high, TensorFormat f)
    : Input(std::move(low), std::move(best), std::move(high), DataType::kUnknown, kDomain, f) {}
Input::Input(Shape low, Shape best, Shape high, Domain domain, TensorFormat f)
    : Input(std::move(low), std::move(best), std::move(high), DataType::kUnknown, std::move(domain),
            f) {}
Input::Input(Shape low, Shape best, Shape high, DataType type, TensorFormat f)
    : Input(std::move(low), std::move(best), std::move(high), type, kDomain, f) {}
Input::Input(const at::Tensor& tensor)
    : Input(tensor.sizes().vec(), DataType(tensor.scalar_type()),
            TensorFormat(tensor.suggest_memory_format())) {}

// ---- GraphInputs, CompileSpec

namespace {

template <typename Shapes>
std::vector<Input> fixed(const Shapes& shapes) {
  std::vector<Input> inputs;
  for (const auto& shape : shapes) inputs.emplace_back(Input::Shape(shape.begin(), shape.end()));
  return inputs;
}

}  // namespace

GraphInputs::GraphInputs(const std::vector<Input::Shape>& shapes) : inputs(fixed(shapes)) {}
GraphInputs::GraphInputs(c10::IValue signature)
    : input_signature(std::move(signature)), inputs(detail::flatten(input_signature)) {}

namespace torchscript {

CompileSpec::CompileSpec(const std::vector<Input::Shape>& sizes) : graph_inputs(sizes) {}
CompileSpec::CompileSpec(std::vector<Input> inputs) : graph_inputs(std::move(inputs)) {}
CompileSpec::CompileSpec(c10::IValue signature) : graph_inputs(std::move(signature)) {}

}  // namespace torchscript
}  // namespace torch_tensorrt
