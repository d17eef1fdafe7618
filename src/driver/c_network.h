// SPDX-License-Identifier: Apache-2.0
// What the files of the network's C ABI share.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/error.h"
#include "driver/network_table.h"

namespace tenon::driver {

/// A null where a result or a text is wanted is the caller's mistake, not a crash.
template <typename T>
T* wanted(T* pointer, const char* what) {
  TENON_CHECK(pointer, what, " is null");
  return pointer;
}

/// The text, kept for the calling thread until its next call of this function.
const char* hand_out(std::string text);
/// Handles of `count` tensors.
nlohmann::ordered_json handles(NetworkEntry& entry, int32_t count,
                               const std::function<ITensor*(int32_t)>& at);
/// Sets the attributes in a JSON object.
void set_attrs(ILayer& layer, const nlohmann::ordered_json& attrs);

}  // namespace tenon::driver
