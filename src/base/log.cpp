// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <atomic>
#include <cstdio>
#include <mutex>

namespace tenon {
namespace {

const char* level_name(LogLevel level) {
  static constexpr const char* kNames[] = {"internal error", "error", "warning",
                                           "info",           "debug", "graph"};
  return kNames[static_cast<int>(level)];
}

struct State {
  std::mutex mutex;
  LogSink sink;
  std::atomic<LogLevel> level{LogLevel::kWarning};
};

State& state() {
  static State s;
  return s;
}

}  // namespace

void set_log_sink(LogSink sink) {
  std::lock_guard<std::mutex> lock(state().mutex);
  state().sink = std::move(sink);
}

void set_log_level(LogLevel level) { state().level = level; }
LogLevel log_level() { return state().level; }

void log_message(LogLevel level, const std::string& text) {
  std::lock_guard<std::mutex> lock(state().mutex);
  if (state().sink) {
    state().sink(level, text);
  } else {
    std::fprintf(stderr, "[tenon] %s: %s\n", level_name(level), text.c_str());
  }
}

}  // namespace tenon
