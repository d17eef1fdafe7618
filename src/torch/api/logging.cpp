// SPDX-License-Identifier: Apache-2.0
// Prefix and colour replace the process's log sink when they are first set, so that a program that
// sets neither, or a sink of its own, is left alone.
#include "torch_tensorrt/logging.h"

#include <cstdio>
#include <mutex>

#include "base/log.h"

namespace torch_tensorrt::logging {
namespace {

struct Style {
  std::mutex mutex;
  std::string prefix = "[tenon] ";
  bool colored = false;
};

Style& style() {
  static Style s;
  return s;
}

void write(tenon::LogLevel level, const std::string& text) {
  static constexpr const char* kNames[] = {"internal error", "error", "warning",
                                           "info",           "debug", "graph"};
  static constexpr const char* kColors[] = {"\x1b[1;31m", "\x1b[31m", "\x1b[33m",
                                            "\x1b[32m",   "\x1b[36m", "\x1b[35m"};
  const auto index = static_cast<size_t>(level);
  std::lock_guard<std::mutex> lock(style().mutex);
  const bool colored = style().colored;
  std::fprintf(stderr, "%s%s%s%s: %s\n", style().prefix.c_str(), colored ? kColors[index] : "",
               kNames[index], colored ? "\x1b[0m" : "", text.c_str());
}

}  // namespace

std::string get_logging_prefix() {
  std::lock_guard<std::mutex> lock(style().mutex);
  return style().prefix;
}

void set_logging_prefix(std::string prefix) {
  {
    std::lock_guard<std::mutex> lock(style().mutex);
    style().prefix = std::move(prefix);
  }
  tenon::set_log_sink(write);
}

Level get_reportable_log_level() { return static_cast<Level>(tenon::log_level()); }
void set_reportable_log_level(Level level) {
  tenon::set_log_level(static_cast<tenon::LogLevel>(level));
}

bool get_is_colored_output_on() {
  std::lock_guard<std::mutex> lock(style().mutex);
  return style().colored;
}

void set_is_colored_output_on(bool colored_output_on) {
  {
    std::lock_guard<std::mutex> lock(style().mutex);
    style().colored = colored_output_on;
  }
  tenon::set_log_sink(write);
}

void log(Level level, std::string message) {
  tenon::log(static_cast<tenon::LogLevel>(level), message);
}

}  // namespace torch_tensorrt::logging
