// SPDX-License-Identifier: Apache-2.0
// Turns in-place ops into ordinary ones where no one can tell the difference, and pins what cannot
// be turned: Program::in_place and Program::pinned. Also pins what other writes touch (out=
// arguments, running statistics of batch norm in training).
#pragma once

#include "ir/program.h"

namespace tenon::frontends {

void functionalise(ir::Program& program);

}  // namespace tenon::frontends
