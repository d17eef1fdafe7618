// SPDX-License-Identifier: Apache-2.0
// What a call complains of.
#pragma once

#include <string>

#include "base/error.h"

namespace tenon {

/// The message of the Error that `body` throws, or "no error".
template <typename Body>
std::string error_of(Body body) {
  try {
    body();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace tenon
