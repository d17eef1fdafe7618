// SPDX-License-Identifier: Apache-2.0
// The text form of an input: "(1,3,224,224)@f32%contiguous" or, for a range,
// "[(1,3,224,224);(4,3,224,224);(8,3,224,224)]@f16%nhwc". Type and layout may be left out.
#pragma once

#include <string>

#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {

/// Error shows the text and where it is wrong.
torch_tensorrt::Input parse_input(const std::string& text);
torch_tensorrt::DataType parse_type(const std::string& name);

}  // namespace torchtrtc
