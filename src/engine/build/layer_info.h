// SPDX-License-Identifier: Apache-2.0
// The inspector's JSON: per layer its operands, formats, attributes, kernel, the candidates with
// their times or reasons, and where it came from. Documented in docs/plan_format.md.
#pragma once

#include <string>
#include <vector>

#include "engine/build/select.h"

namespace tenon::engine {

std::string layer_info_json(const ir::Graph& net, const std::vector<Choice>& choices);

}  // namespace tenon::engine
