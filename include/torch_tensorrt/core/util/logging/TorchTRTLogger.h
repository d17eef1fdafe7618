// SPDX-License-Identifier: Apache-2.0
// The log, as converters see it. One sink and one level serve the whole process (Python:
// torch_tensorrt.logging); the default level shows warnings and errors. Thread safe.
#pragma once

#include <sstream>
#include <string>

#include "../macros_api.h"

namespace torch_tensorrt {
namespace core {
namespace util {
namespace logging {

enum class LogLevel : int { kINTERNAL_ERROR = 0, kERROR, kWARNING, kINFO, kDEBUG, kGRAPH };

TORCHTRT_CORE_API void log(LogLevel level, const std::string& text);
/// Messages of a higher number than this are not shown.
TORCHTRT_CORE_API LogLevel reportable_level();

/// What ConversionCtx::logger is: a name for the process's log, without state of its own.
class TorchTRTLogger {
 public:
  void log(LogLevel level, const std::string& text) const { logging::log(level, text); }
  LogLevel reportable_log_level() const { return reportable_level(); }
};

inline TorchTRTLogger get_logger() { return {}; }

}  // namespace logging
}  // namespace util
}  // namespace core
}  // namespace torch_tensorrt

// LOG_INFO("a " << b) writes to the process's log; LOG_INFO(ctx->logger, "a " << b) does the same.
#define TORCHTRT_LOG_TO(logger, level, ...)                                        \
  do {                                                                             \
    const auto& torchtrt_logger_ = (logger);                                       \
    if (::torch_tensorrt::core::util::logging::LogLevel::level <=                  \
        torchtrt_logger_.reportable_log_level()) {                                 \
      std::ostringstream torchtrt_text_;                                           \
      torchtrt_text_ << __VA_ARGS__;                                               \
      torchtrt_logger_.log(::torch_tensorrt::core::util::logging::LogLevel::level, \
                           torchtrt_text_.str());                                  \
    }                                                                              \
  } while (0)
#define TORCHTRT_LOG_1(level, text) \
  TORCHTRT_LOG_TO(::torch_tensorrt::core::util::logging::get_logger(), level, text)
#define TORCHTRT_LOG_2(level, logger, text) TORCHTRT_LOG_TO(logger, level, text)
#define TORCHTRT_LOG_PICK(a, b, name, ...) name
#define TORCHTRT_LOG(level, ...) \
  TORCHTRT_LOG_PICK(__VA_ARGS__, TORCHTRT_LOG_2, TORCHTRT_LOG_1, )(level, __VA_ARGS__)

#define LOG_GRAPH(...) TORCHTRT_LOG(kGRAPH, __VA_ARGS__)
#define LOG_DEBUG(...) TORCHTRT_LOG(kDEBUG, __VA_ARGS__)
#define LOG_INFO(...) TORCHTRT_LOG(kINFO, __VA_ARGS__)
#define LOG_WARNING(...) TORCHTRT_LOG(kWARNING, __VA_ARGS__)
#define LOG_ERROR(...) TORCHTRT_LOG(kERROR, __VA_ARGS__)
#define LOG_INTERNAL_ERROR(...) TORCHTRT_LOG(kINTERNAL_ERROR, __VA_ARGS__)
