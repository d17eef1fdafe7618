// SPDX-License-Identifier: Apache-2.0
// Where a node came from, out of the metadata that torch.export attaches to it. The texts are for
// people: anything that does not have the expected form gives an empty field.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::frontends {

struct ModuleCall {
  std::string path;        // "layer1.0.conv1"; "" for the whole model
  std::string class_name;  // "torch.nn.modules.conv.Conv2d"
};

/// "L__self__,,m.R;L__self__c,c,m.C" -> {"", "m.R"}, {"c", "m.C"}: outermost first.
std::vector<ModuleCall> module_stack(std::string_view nn_module_stack);

/// The last frame of the user's own code as "file.py:line"; the last frame if all are torch's.
std::string source_location(std::string_view stack_trace);

}  // namespace tenon::frontends
