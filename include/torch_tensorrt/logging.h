// SPDX-License-Identifier: Apache-2.0
// What the compiler and the engines say: one level, one prefix and one stream (stderr) for the
// process. Thread safe.
#pragma once

#include <string>

#include "torch_tensorrt/macros.h"

namespace torch_tensorrt {
namespace logging {

/// A message is shown if its level is not above the one set.
enum Level : int {
  kINTERNAL_ERROR = 0,
  kERROR = 1,
  kWARNING = 2,  // set at the start
  kINFO = 3,
  kDEBUG = 4,
  kGRAPH = 5,  // also graphs, after every pass that changed one
};

/// The text before each message; "[tenon] " at the start.
TORCHTRT_API std::string get_logging_prefix();
TORCHTRT_API void set_logging_prefix(std::string prefix);

TORCHTRT_API Level get_reportable_log_level();
TORCHTRT_API void set_reportable_log_level(Level level);

/// Whether levels are coloured with terminal escapes; off at the start.
TORCHTRT_API bool get_is_colored_output_on();
TORCHTRT_API void set_is_colored_output_on(bool colored_output_on);

/// Writes a message as the library's own are written.
TORCHTRT_API void log(Level level, std::string message);

}  // namespace logging
}  // namespace torch_tensorrt
