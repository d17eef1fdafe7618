// SPDX-License-Identifier: Apache-2.0
// What the files of the C ABI share: exceptions become codes and a message of the calling thread.
#pragma once

#include <new>
#include <string>

#include "base/error.h"
#include "ir/graph.h"
#include "tenon/c_api.h"

namespace tenon::driver {

/// Message of the calling thread's last failure.
std::string& last_error();

/// 0, 1 for an error, 2 for a build that was cancelled.
template <typename Body>
int guarded(Body&& body) {
  try {
    body();
    return 0;
  } catch (const Cancelled& e) {
    last_error() = e.what();
    return 2;
  } catch (const std::bad_alloc&) {
    last_error() = "out of memory";
  } catch (const std::exception& e) {
    last_error() = e.what();
  }
  return 1;
}

/// A view of the caller's tensor, or a lazy dense form of it; the caller keeps the data alive.
ir::ConstantPtr constant_from(const tenon_tensor& t);

}  // namespace tenon::driver
