// SPDX-License-Identifier: Apache-2.0
// What a user reads about a node that no engine runs although all of them were to.
#pragma once

#include <string>

#include "partition/partition.h"

namespace tenon::partition {

/// "Unable to convert node: mylib::op(x: f32[s0, 8], n: 3) -> f32[s0, 8]", then where it comes
/// from, why, and what can be done, a line each.
std::string unable_to_convert(const NodeReport& report);

}  // namespace tenon::partition
