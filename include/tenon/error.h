// SPDX-License-Identifier: Apache-2.0
// The exceptions that leave the engine.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "tenon/types.h"

namespace tenon {

/// The exception of the whole project. what() holds the message and the frames added on the way.
class TENON_API Error : public std::exception {
 public:
  explicit Error(std::string message) : text_(std::move(message)) {}
  const char* what() const noexcept override { return text_.c_str(); }
  void add_frame(const std::string& frame) { text_ += "\n  " + frame; }

 private:
  std::string text_;
};

/// The user asked a running build to stop.
class TENON_API Cancelled : public Error {
 public:
  Cancelled() : Error("cancelled") {}
};

}  // namespace tenon
