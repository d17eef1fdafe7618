// SPDX-License-Identifier: Apache-2.0
// The answer to "can you?". A "no" always carries a reason, which ends up in the user's report.
#pragma once

#include <string>
#include <utility>

namespace tenon {

class [[nodiscard]] Support {
 public:
  static Support yes() { return Support(true, {}); }
  static Support no(std::string reason) { return Support(false, std::move(reason)); }
  explicit operator bool() const { return ok_; }
  const std::string& reason() const { return reason_; }

 private:
  Support(bool ok, std::string reason) : ok_(ok), reason_(std::move(reason)) {}
  bool ok_;
  std::string reason_;
};

}  // namespace tenon
