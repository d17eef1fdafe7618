// SPDX-License-Identifier: Apache-2.0
// The log level for the time of one build.
#pragma once

#include "base/log.h"

namespace tenon {

/// Debug messages while a build with the setting `debug` runs.
class DebugLogging {
 public:
  explicit DebugLogging(bool on) : before_(log_level()) {
    if (on && before_ < LogLevel::kDebug) set_log_level(LogLevel::kDebug);
  }
  ~DebugLogging() { set_log_level(before_); }
  DebugLogging(const DebugLogging&) = delete;
  DebugLogging& operator=(const DebugLogging&) = delete;

 private:
  LogLevel before_;
};

}  // namespace tenon
