// SPDX-License-Identifier: Apache-2.0
// Var and TensorContainer: arguments of converters.
#include "torch_tensorrt/core/conversion/var/Var.h"

#include <torch/custom_class.h>

#include "base/error.h"
#include "torch_tensorrt/core/conversion/converters/converter_util.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace {

// An IValue holds only classes that torch knows.
const auto kContainerClass [[maybe_unused]] =
    torch::class_<TensorContainer>("tensorrt_conversion", "TensorContainer").def(torch::init<>());

}  // namespace

c10::IValue to_ivalue(nvinfer1::ITensor* tensor) {
  auto container = c10::make_intrusive<TensorContainer>();
  container->hold_tensor(tensor);
  return c10::IValue(std::move(container));
}

bool is_tensor_container(const c10::IValue& value) {
  return value.isCustomClass() &&
         value.type() == c10::getCustomClassType<c10::intrusive_ptr<TensorContainer>>();
}

Var::Var(nvinfer1::ITensor* tensor) : type_(tensor ? kITensor : kNone), tensor_(tensor) {}
Var::Var(const c10::IValue* value) : type_(value ? kIValue : kNone), value_(value) {}
Var::Var(const c10::IValue* value, ConversionCtx* ctx) : Var(value) { ctx_ = ctx; }

std::string Var::type_name() const {
  if (isITensor()) return "a tensor of the network";
  if (isNone()) return "None";
  if (isITensorList()) return "a list with tensors of the network";
  return value_->isTensor() ? "a constant tensor" : value_->type()->annotation_str();
}

void Var::mismatch(const std::string& wanted) const {
  throw tenon::Error("argument " + name_ + " is " + type_name() + ", wanted " + wanted);
}

const c10::IValue& Var::value_as(const char* wanted) const {
  if (!isIValue()) mismatch(wanted);
  return *value_;
}

const c10::IValue* Var::IValue() const { return &value_as("a value known now"); }

nvinfer1::ITensor* Var::ITensor() const {
  if (!isITensor()) mismatch("a tensor of the network (ITensorOrFreeze takes constants too)");
  return tensor_;
}

nvinfer1::ITensor* Var::ITensorOrFreeze(ConversionCtx* ctx) const {
  if (isITensor()) return tensor_;
  if (isTensor()) return converters::tensor_to_const(ctx, value_->toTensor());
  if (isScalar()) return converters::scalar_to_tensor(ctx, value_->toScalar());
  if (isIValue() && is_tensor_container(*value_))
    return value_->toCustomClass<TensorContainer>()->tensor();
  mismatch("a tensor or a number");
}

bool Var::isITensorList() const {
  if (!isList()) return false;
  for (const c10::IValue& v : value_->toListRef())
    if (is_tensor_container(v)) return true;
  return false;
}

std::vector<nvinfer1::ITensor*> Var::unwrapToITensorList() const {
  if (!isList()) mismatch("a list of tensors");
  std::vector<nvinfer1::ITensor*> out;
  for (const c10::IValue& v : value_->toListRef()) {
    Var element(&v, ctx_);
    element.set_name(name_ + "[" + std::to_string(out.size()) + "]");
    if (!is_tensor_container(v) && !ctx_) element.mismatch("a tensor of the network");
    out.push_back(element.ITensorOrFreeze(ctx_));
  }
  return out;
}

double Var::unwrapToDouble() const {
  if (isInt()) return static_cast<double>(value_->toInt());
  if (!isDouble()) mismatch("a float");
  return value_->toDouble();
}
double Var::unwrapToDouble(double fallback) const { return isNone() ? fallback : unwrapToDouble(); }

// The value if it has that type; an empty list has every element type.
#define TORCHTRT_UNWRAP(Name, type, parameter, to, wanted) \
  type Var::unwrapTo##Name() const {                       \
    if (!is##Name()) mismatch(wanted);                     \
    return value_->to();                                   \
  }                                                        \
  type Var::unwrapTo##Name(parameter fallback) const {     \
    return isNone() ? fallback : unwrapTo##Name();         \
  }
TORCHTRT_UNWRAP(Tensor, at::Tensor, const at::Tensor&, toTensor, "a constant tensor")
TORCHTRT_UNWRAP(Int, int64_t, int64_t, toInt, "an int")
TORCHTRT_UNWRAP(Bool, bool, bool, toBool, "a bool")
TORCHTRT_UNWRAP(String, std::string, const std::string&, toStringRef, "a string")
TORCHTRT_UNWRAP(Scalar, c10::Scalar, const c10::Scalar&, toScalar, "a number")
#undef TORCHTRT_UNWRAP

#define TORCHTRT_UNWRAP_LIST(Name, T, wanted)                            \
  c10::List<T> Var::unwrapTo##Name() const {                             \
    if (isList() && value_->toListRef().empty()) return c10::List<T>();  \
    if (!is##Name()) mismatch(wanted);                                   \
    return value_->to##Name();                                           \
  }                                                                      \
  c10::List<T> Var::unwrapTo##Name(const c10::List<T>& fallback) const { \
    return isNone() ? fallback : unwrapTo##Name();                       \
  }
TORCHTRT_UNWRAP_LIST(IntList, int64_t, "a list of ints")
TORCHTRT_UNWRAP_LIST(DoubleList, double, "a list of floats")
TORCHTRT_UNWRAP_LIST(BoolList, bool, "a list of bools")
TORCHTRT_UNWRAP_LIST(TensorList, at::Tensor, "a list of constant tensors")
#undef TORCHTRT_UNWRAP_LIST

}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
