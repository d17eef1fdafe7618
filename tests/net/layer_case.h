// SPDX-License-Identifier: Apache-2.0
// Tables of layer cases written as calls in the graph's text form:
//   "convolution(f32[s0, 3, 8, 8], f32[4, 3, 3, 3], _) {stride=[2, 2]}"
// The symbols s0, s1 and n are known. Each call goes through add_layer and check_net.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon::net {

struct LayerCase {
  const char* call;
  const char* expected;  // output types joined by ", ", or a part of the error's text
};

/// Output types of the call; throws what add_layer throws.
std::string infer_text(const std::string& call);
/// Each call gives exactly the expected types.
void expect_types(const std::vector<LayerCase>& cases);
/// Each call is refused with a message that contains the expected text.
void expect_errors(const std::vector<LayerCase>& cases);

}  // namespace tenon::net
