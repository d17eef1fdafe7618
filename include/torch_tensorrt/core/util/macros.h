// SPDX-License-Identifier: Apache-2.0
// Errors of converters. The message is a stream: TORCHTRT_CHECK(layer, "no layer for " << *node).
// Both throw std::exception's child tenon::Error; the node that was being converted then stays in
// PyTorch with the message as its reason (require_full_compilation: the compilation fails with it).
#pragma once

#include <sstream>
#include <string>

#include "logging/TorchTRTLogger.h"
#include "macros_api.h"

namespace torch_tensorrt {
namespace core {
namespace util {

[[noreturn]] TORCHTRT_CORE_API void throw_error(const char* file, int line,
                                                const std::string& message);

}  // namespace util
}  // namespace core
}  // namespace torch_tensorrt

#define TORCHTRT_THROW_ERROR(...)                                                           \
  do {                                                                                      \
    std::ostringstream torchtrt_message_;                                                   \
    torchtrt_message_ __VA_OPT__(<<) __VA_ARGS__;                                           \
    ::torch_tensorrt::core::util::throw_error(__FILE__, __LINE__, torchtrt_message_.str()); \
  } while (0)

#define TORCHTRT_CHECK(condition, ...)   \
  do {                                   \
    if (!(condition)) {                  \
      TORCHTRT_THROW_ERROR(__VA_ARGS__); \
    }                                    \
  } while (0)

#define TORCHTRT_ASSERT(condition, ...) TORCHTRT_CHECK(condition, __VA_ARGS__)
