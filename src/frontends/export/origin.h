// SPDX-License-Identifier: Apache-2.0
// Where a node came from, out of the metadata that torch.export attaches to it. The texts are for
// people: anything that does not have the expected form gives an empty field.
#pragma once

#include <string>
#include <string_view>

namespace tenon::frontends {

/// "L__self__,,R;L__self__c,c,Conv2d" -> "c": the path of the innermost module.
std::string module_path(std::string_view nn_module_stack);

/// The last frame of the user's own code as "file.py:line"; the last frame if all are torch's.
std::string source_location(std::string_view stack_trace);

}  // namespace tenon::frontends
