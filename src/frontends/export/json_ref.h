// SPDX-License-Identifier: Apache-2.0
// JsonRef: a place in a JSON document together with its path, so that every complaint about a
// missing or wrongly typed field names the place ("graph_module.graph.nodes[3].target"). A view:
// the document must outlive it. Read only, so many threads may use it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tenon::frontends {

class JsonRef {
 public:
  JsonRef(const nlohmann::json& json, std::string path) : json_(&json), path_(std::move(path)) {}

  /// The member `key`, which must be there and not null.
  JsonRef at(const std::string& key) const;
  /// The member `key`, or nothing if it is absent or null.
  std::optional<JsonRef> find(const std::string& key) const;
  /// The elements of an array.
  std::vector<JsonRef> items() const;
  /// The members of an object.
  std::vector<std::pair<std::string, JsonRef>> members() const;
  /// The only member of an object: how the schema writes a union.
  std::pair<std::string, JsonRef> single() const;

  bool is_array() const;
  bool is_object() const;
  bool is_string() const;
  int64_t integer() const;
  double number() const;  // also "Infinity", "-Infinity", "NaN"
  bool boolean() const;
  const std::string& string() const;
  /// A string made of letters, digits and underscores that does not begin with a digit.
  const std::string& identifier() const;

  const std::string& path() const { return path_; }
  template <typename... P>
  [[noreturn]] void fail(const P&... parts) const {
    throw Error(detail::concat(path_.empty() ? "program" : path_, ": ", parts...));
  }

 private:
  [[noreturn]] void wrong(const char* wanted) const;
  const nlohmann::json* json_;
  std::string path_;
};

/// Parses `text`; a syntax error is an Error that names `what`.
nlohmann::json parse_json(std::string_view text, const std::string& what);
/// Whether `name` has only letters, digits and underscores and does not begin with a digit.
bool is_identifier(std::string_view name);

}  // namespace tenon::frontends
