// SPDX-License-Identifier: Apache-2.0
// A Program as text, for comparisons: the graph, then rewritten ops, pinned values and outputs.
#pragma once

#include <string>

#include "ir/program.h"

namespace tenon::test {

std::string program_text(const ir::Program& program);

}  // namespace tenon::test
