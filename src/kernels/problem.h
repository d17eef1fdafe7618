// SPDX-License-Identifier: Apache-2.0
// Reading a Problem: the layer's attributes, with the default of layers.def given where the node
// leaves them out, and its operands. Plain functions; thread safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/kernel.h"

namespace tenon::kernels {

int64_t attr_int(const Problem& p, const char* name, int64_t fallback);
double attr_float(const Problem& p, const char* name, double fallback);
bool attr_bool(const Problem& p, const char* name, bool fallback);
std::string attr_str(const Problem& p, const char* name, const char* fallback);
std::vector<int64_t> attr_ints(const Problem& p, const char* name);
/// Ints with {} meaning n times `value`.
std::vector<int64_t> attr_ints(const Problem& p, const char* name, size_t n, int64_t value);
/// A Sizes attribute under the problem's symbol values.
std::vector<int64_t> attr_sizes(const Problem& p, const char* name);

bool has_input(const Problem& p, size_t i);
std::string str(const std::vector<int64_t>& sizes);  // "[2, 3]"

}  // namespace tenon::kernels
