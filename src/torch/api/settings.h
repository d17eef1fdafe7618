// SPDX-License-Identifier: Apache-2.0
// The public API's settings as the compiler's own. Values that have no effect are logged as
// warnings. Free functions.
#pragma once

#include "base/options.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt::detail {

/// "cpu", "cuda:0", or "" for the module's own. Error for a DLA; warns about what has no effect.
std::string device_name(const Device& device);
tenon::Options options_of(const torchscript::CompileSpec& spec);
tenon::Options options_of(const dynamo::CompileSpec& spec);

/// "float32"; Error for kUnknown.
const char* dtype_name(DataType type);
c10::ScalarType scalar_type(DataType type);

/// Error if the shapes of an input are not min <= opt <= max of one rank.
void check_shapes(const Input& input, size_t index);

}  // namespace torch_tensorrt::detail
