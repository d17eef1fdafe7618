// SPDX-License-Identifier: Apache-2.0
// Dims and element types: between torch and the network API, and printed. -1 in Dims is a size
// known only at run time. Functions that cannot do what is asked throw tenon::Error.
#pragma once

#include <ATen/core/List.h>
#include <c10/core/ScalarType.h>
#include <c10/util/ArrayRef.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "macros_api.h"
#include "tenon/nvinfer1.h"

namespace tenon {

/// "[2, 3, -1]".
TORCHTRT_CORE_API std::ostream& operator<<(std::ostream& out, const Dims& dims);
/// "f32", "f16", "i64", ...
TORCHTRT_CORE_API std::ostream& operator<<(std::ostream& out, DataType type);

}  // namespace tenon

namespace torch_tensorrt {
namespace core {
namespace util {

TORCHTRT_CORE_API nvinfer1::Dims toDims(c10::IntArrayRef sizes);
TORCHTRT_CORE_API nvinfer1::Dims toDims(const c10::List<int64_t>& sizes);
/// With ones put in front until there are `pad_to` dimensions.
TORCHTRT_CORE_API nvinfer1::Dims toDimsPad(c10::IntArrayRef sizes, uint64_t pad_to);
TORCHTRT_CORE_API nvinfer1::Dims toDimsPad(const c10::List<int64_t>& sizes, uint64_t pad_to);
/// Without the ones at the front.
TORCHTRT_CORE_API nvinfer1::Dims unpadDims(const nvinfer1::Dims& dims);
/// Dims for a reshape that removes dimension `pos`. With `use_zeros`, run-time sizes before `pos`
/// become 0, which copies the input's size at that place.
TORCHTRT_CORE_API nvinfer1::Dims squeezeDims(const nvinfer1::Dims& dims, int pos,
                                             bool use_zeros = true);
/// Dims for a reshape that puts size `val` at `pos`; `use_zeros` as above.
TORCHTRT_CORE_API nvinfer1::Dims unsqueezeDims(const nvinfer1::Dims& dims, int pos, int val = 1,
                                               bool use_zeros = true);

TORCHTRT_CORE_API std::vector<int64_t> toVec(const nvinfer1::Dims& dims);
/// Number of elements; throws if a size is known only at run time.
TORCHTRT_CORE_API int64_t volume(const nvinfer1::Dims& dims);
/// May the shapes stand in one elementwise layer? Not `multidirectional`: may `b` be expanded to
/// `a`? A run-time size is taken to fit.
TORCHTRT_CORE_API bool broadcastable(const nvinfer1::Dims& a, const nvinfer1::Dims& b,
                                     bool multidirectional = true);
TORCHTRT_CORE_API std::string toStr(const nvinfer1::Dims& dims);

TORCHTRT_CORE_API nvinfer1::DataType ScalarTypeToTRTDataType(at::ScalarType type);
TORCHTRT_CORE_API at::ScalarType TRTDataTypeToScalarType(nvinfer1::DataType type);
/// Empty where the engine has no such type.
TORCHTRT_CORE_API std::optional<nvinfer1::DataType> optScalarTypeToTRTDataType(at::ScalarType type);
TORCHTRT_CORE_API std::optional<at::ScalarType> optTRTDataTypeToScalarType(nvinfer1::DataType type);

}  // namespace util
}  // namespace core
}  // namespace torch_tensorrt
