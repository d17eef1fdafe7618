// SPDX-License-Identifier: Apache-2.0
// An argument of a node that is being converted: a tensor of the network, or a value known now (a
// number, a list, a constant tensor, None). A Var points to either and owns neither; both live as
// long as the conversion of the node. Asking for what it is not throws an error that names the
// argument, what it is and what was wanted.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

#include "../../util/macros_api.h"
#include "tenon/nvinfer1.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {

struct ConversionCtx;

class TORCHTRT_CORE_API Var {
 public:
  enum Type { kITensor, kIValue, kNone };

  Var() = default;
  Var(nvinfer1::ITensor* tensor);  // NOLINT: implicit by intent
  Var(const c10::IValue* value);   // NOLINT
  Var(const c10::IValue* value, ConversionCtx* ctx);

  Type type() const { return type_; }
  std::string type_name() const;  // "a tensor of the network", "int", "Tensor", "None", ...
  /// For messages: the name of the argument in the schema.
  void set_name(std::string name) { name_ = std::move(name); }
  const std::string& name() const { return name_; }

  /// The value, also if it is None.
  const c10::IValue* IValue() const;
  nvinfer1::ITensor* ITensor() const;
  /// A constant (tensor or number) becomes a constant of the network.
  nvinfer1::ITensor* ITensorOrFreeze(ConversionCtx* ctx) const;

  bool isITensor() const { return type_ == kITensor; }
  bool isIValue() const { return type_ == kIValue; }
  bool isNone() const { return type_ == kNone || (isIValue() && value_->isNone()); }
  bool isTensor() const { return isIValue() && value_->isTensor(); }  // a constant one
  bool isInt() const { return isIValue() && value_->isInt(); }
  bool isDouble() const { return isIValue() && value_->isDouble(); }
  bool isBool() const { return isIValue() && value_->isBool(); }
  bool isString() const { return isIValue() && value_->isString(); }
  bool isScalar() const { return isIValue() && value_->isScalar(); }
  bool isDevice() const { return isIValue() && value_->isDevice(); }
  bool isIntList() const { return isIValue() && value_->isIntList(); }
  bool isDoubleList() const { return isIValue() && value_->isDoubleList(); }
  bool isBoolList() const { return isIValue() && value_->isBoolList(); }
  bool isTensorList() const { return isIValue() && value_->isTensorList(); }  // constant ones only
  bool isList() const { return isIValue() && value_->isList(); }
  bool isITensorList() const;  // a list with at least one tensor of the network

  // The value; with `fallback`, which stands in for None.
  at::Tensor unwrapToTensor() const;
  at::Tensor unwrapToTensor(const at::Tensor& fallback) const;
  int64_t unwrapToInt() const;
  int64_t unwrapToInt(int64_t fallback) const;
  double unwrapToDouble() const;  // also of an int
  double unwrapToDouble(double fallback) const;
  bool unwrapToBool() const;
  bool unwrapToBool(bool fallback) const;
  std::string unwrapToString() const;
  std::string unwrapToString(const std::string& fallback) const;
  c10::Scalar unwrapToScalar() const;
  c10::Scalar unwrapToScalar(const c10::Scalar& fallback) const;
  c10::List<int64_t> unwrapToIntList() const;
  c10::List<int64_t> unwrapToIntList(const c10::List<int64_t>& fallback) const;
  c10::List<double> unwrapToDoubleList() const;
  c10::List<double> unwrapToDoubleList(const c10::List<double>& fallback) const;
  c10::List<bool> unwrapToBoolList() const;
  c10::List<bool> unwrapToBoolList(const c10::List<bool>& fallback) const;
  c10::List<at::Tensor> unwrapToTensorList() const;
  c10::List<at::Tensor> unwrapToTensorList(const c10::List<at::Tensor>& fallback) const;
  /// Constants among the elements become constants of the network.
  std::vector<nvinfer1::ITensor*> unwrapToITensorList() const;

  template <typename T>
  T unwrapTo() const {
    return value_as("a value").template to<T>();
  }
  template <typename T>
  T unwrapTo(T fallback) const {
    return isNone() ? fallback : unwrapTo<T>();
  }

 private:
  const c10::IValue& value_as(const char* wanted) const;
  [[noreturn]] void mismatch(const std::string& wanted) const;

  Type type_ = kNone;
  nvinfer1::ITensor* tensor_ = nullptr;
  const c10::IValue* value_ = nullptr;
  ConversionCtx* ctx_ = nullptr;
  std::string name_ = "value";
};

template <>
inline double Var::unwrapTo<double>() const {
  return unwrapToDouble();
}

}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
