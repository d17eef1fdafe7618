// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/types.h"

#include <cstring>

#include "base/error.h"

namespace tenon::torchscript {
namespace {

struct Pair {
  at::ScalarType torch;
  DataType ours;
};
constexpr Pair kTypes[] = {
    {at::kFloat, DataType::kFLOAT},   {at::kHalf, DataType::kHALF},
    {at::kChar, DataType::kINT8},     {at::kInt, DataType::kINT32},
    {at::kBool, DataType::kBOOL},     {at::kByte, DataType::kUINT8},
    {at::kBFloat16, DataType::kBF16}, {at::kLong, DataType::kINT64},
    {at::kDouble, DataType::kDOUBLE}, {at::kFloat8_e4m3fn, DataType::kFP8},
};

}  // namespace

std::optional<DataType> data_type(at::ScalarType type) {
  for (const Pair& p : kTypes)
    if (p.torch == type) return p.ours;
  return std::nullopt;
}

at::ScalarType scalar_type(DataType type) {
  for (const Pair& p : kTypes)
    if (p.ours == type) return p.torch;
  throw Error(detail::concat("elements of type ", name_of(type), " have no torch type"));
}

ir::ConstantPtr constant_of(const at::Tensor& tensor, std::string name) {
  if (!tensor.defined() || tensor.layout() != at::kStrided || tensor.is_quantized()) return nullptr;
  const auto type = data_type(tensor.scalar_type());
  if (!type || tensor.is_meta()) return nullptr;
  auto constant = std::make_shared<ir::Constant>();
  constant->dtype = *type;
  constant->shape = tensor.sizes().vec();
  constant->bytes = static_cast<size_t>(tensor.numel()) * size_of(*type);
  constant->name = std::move(name);
  const bool lazy = tensor.is_conj() || tensor.is_neg();
  if (tensor.is_cpu() && tensor.is_contiguous() && !lazy) {
    constant->data = std::shared_ptr<const void>(tensor.numel() ? tensor.const_data_ptr() : &kTypes,
                                                 [tensor](const void*) {});
  } else {
    constant->fill = [tensor](void* out) {
      const at::Tensor dense = tensor.to(at::kCPU).resolve_conj().resolve_neg().contiguous();
      std::memcpy(out, dense.const_data_ptr(), dense.nbytes());
    };
  }
  return constant;
}

}  // namespace tenon::torchscript
