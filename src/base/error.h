// SPDX-License-Identifier: Apache-2.0
// Failures. TENON_CHECK is for the user's fault, TENON_ASSERT for ours; both throw tenon::Error.
// with_frame adds "while converting %7 aten::conv2d (...)" to an Error that passes through it.
// "Can you?" questions never throw: they are answered with Support (support.h).
#pragma once

#include <initializer_list>
#include <ostream>
#include <string>

#include "tenon/error.h"

namespace tenon {

namespace detail {
/// Something printable, for the length of a call. A message is a list of these, so that the code
/// that puts messages together is compiled once and not with each of them.
class Part {
 public:
  Part(const char* text)  // NOLINT: a part of a message is written as it is
      : object_(text),
        print_([](std::ostream& out, const void* p) { out << static_cast<const char*>(p); }) {}
  template <typename T>
  Part(const T& value)  // NOLINT
      : object_(&value),
        print_([](std::ostream& out, const void* p) { out << *static_cast<const T*>(p); }) {}
  void print(std::ostream& out) const { print_(out, object_); }

 private:
  const void* object_;
  void (*print_)(std::ostream& out, const void* object);
};
TENON_API std::string join(std::initializer_list<Part> parts);

template <typename... Parts>
std::string concat(const Parts&... parts) {
  return join({Part(parts)...});
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
    if (!(cond)) throw ::tenon::Error(::tenon::detail::join({__VA_ARGS__})); \
  } while (0)

#define TENON_ASSERT(cond, ...)                                             \
  do {                                                                      \
    if (!(cond))                                                            \
      ::tenon::detail::assert_failed(#cond, __FILE__, __LINE__,             \
                                     ::tenon::detail::join({__VA_ARGS__})); \
  } while (0)
