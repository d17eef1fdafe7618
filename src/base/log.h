// SPDX-License-Identifier: Apache-2.0
// Logging: one process-wide sink and level, and a progress channel for long work. Thread safe.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"

namespace tenon {

enum class LogLevel : int { kInternalError = 0, kError, kWarning, kInfo, kDebug, kGraph };

using LogSink = std::function<void(LogLevel, const std::string&)>;

/// Replaces the sink (default: "[tenon] level: text" on stderr) and the level (default kWarning).
TENON_API void set_log_sink(LogSink sink);
TENON_API void set_log_level(LogLevel level);
TENON_API LogLevel log_level();
TENON_API void log_message(LogLevel level, const std::string& text);

template <typename... Parts>
void log(LogLevel level, const Parts&... parts) {
  if (level <= log_level()) log_message(level, detail::concat(parts...));
}

/// Progress of a build. `stage` is a short phrase, done/total count its units (total may be 0:
/// unknown). Returning false asks the build to stop: it then throws Cancelled.
using Progress = std::function<bool(const std::string& stage, int done, int total)>;

}  // namespace tenon
