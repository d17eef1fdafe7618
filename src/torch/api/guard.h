// SPDX-License-Identifier: Apache-2.0
// The border of the public API: what torch throws inside leaves as our Error. Free function.
#pragma once

#include <c10/util/Exception.h>

#include "tenon/error.h"

namespace torch_tensorrt::detail {

template <typename Body>
auto translated(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const c10::Error& e) {
    throw tenon::Error(e.what_without_backtrace());
  }
}

}  // namespace torch_tensorrt::detail
