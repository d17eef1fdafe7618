// SPDX-License-Identifier: Apache-2.0
// User exclusions: torch_executed_ops and torch_executed_modules.
#pragma once

#include "base/options.h"
#include "base/support.h"
#include "ir/program.h"

namespace tenon::partition {

/// no(reason) if the user wants this node in torch. Ops may be written
/// "torch.ops.aten.relu.default", "torch.ops.aten.relu", "aten.relu", "aten::relu"; without an
/// overload all overloads are meant. Modules are paths ("layer1.0") or classes ("BasicBlock",
/// "torchvision.models.resnet.BasicBlock"); everything below them is meant.
Support allowed_by_user(const ir::Program& program, const ir::Node& node, const Options& options);

}  // namespace tenon::partition
