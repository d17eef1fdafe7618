// SPDX-License-Identifier: Apache-2.0
// Failures. TENON_CHECK is for the user's fault, TENON_ASSERT for ours; both throw tenon::Error.
// with_frame adds "while converting %7 aten::conv2d (...)" to an Error that passes through it.
// "Can you?" questions never throw: they are answered with Support (support.h).
#pragma once

#include <sstream>
#include <string>

#include "tenon/error.h"

namespace tenon {

namespace detail {
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  static_cast<void>((out << ... << parts));
  return out.str();
}
[[noreturn]] TENON_API void assert_failed(const char* condition, const char* file, int line,
                                          const std::string& message);
}  // namespace detail

/// Runs `body`; an Error thrown by it leaves with the text of `frame()` added.
template <typename Frame, typename Body>
auto with_frame(Frame&& frame, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (Error& e) {
    e.add_frame(frame());
    throw;
  }
}

}  // namespace tenon

#define TENON_CHECK(cond, ...)                                               \
  do {                                                                       \
    if (!(cond)) throw ::tenon::Error(::tenon::detail::concat(__VA_ARGS__)); \
  } while (0)

#define TENON_ASSERT(cond, ...)                                             \
  do {                                                                      \
    if (!(cond))                                                            \
      ::tenon::detail::assert_failed(#cond, __FILE__, __LINE__,             \
                                     ::tenon::detail::concat(__VA_ARGS__)); \
  } while (0)
