// SPDX-License-Identifier: Apache-2.0
// Trees of Inputs: what GraphInputs holds, and the tree of indices that the compiler takes. Free
// functions.
#pragma once

#include <ATen/core/ivalue.h>

#include <vector>

#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt::detail {

/// The Inputs of a tree of tuples, lists and dicts, in order. Error for anything else in it.
std::vector<Input> flatten(const c10::IValue& tree);
/// The same tree with 0, 1, ... in the places of the Inputs. None stays None.
c10::IValue numbered(const c10::IValue& tree);

}  // namespace torch_tensorrt::detail
