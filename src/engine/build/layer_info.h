// SPDX-License-Identifier: Apache-2.0
// The inspector's JSON: per layer its operands, formats, attributes, kernel, the candidates with
// their times or reasons, and where it came from; and what memory the engine needs. Documented in
// docs/plan_format.md.
#pragma once

#include <string>
#include <vector>

#include "engine/build/select.h"

namespace tenon::engine {

/// Bytes that an engine needs beside its bindings and the kernels' scratch memory.
struct MemoryInfo {
  size_t arena = 0;    // intermediate values of one context, at the opt sizes
  size_t weights = 0;  // constants as the plan holds them
};

std::string layer_info_json(const ir::Graph& net, const std::vector<Choice>& choices,
                            const MemoryInfo& memory);

}  // namespace tenon::engine
