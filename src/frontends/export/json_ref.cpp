// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/json_ref.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace tenon::frontends {

using nlohmann::json;

namespace {

/// Short text of a value. Containers are not printed: printing recurses, and the depth of the
/// document is not bounded.
std::string brief(const json& value) {
  if (value.is_array()) return "a list of " + std::to_string(value.size());
  if (value.is_object()) return "an object with " + std::to_string(value.size()) + " fields";
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

}  // namespace

void JsonRef::wrong(const char* wanted) const { fail("is ", brief(*json_), ", want ", wanted); }

JsonRef JsonRef::at(const std::string& key) const {
  auto member = find(key);
  if (!member) fail("has no field '", key, "'");
  return *member;
}

std::optional<JsonRef> JsonRef::find(const std::string& key) const {
  if (!json_->is_object()) wrong("an object");
  auto it = json_->find(key);
  if (it == json_->end() || it->is_null()) return std::nullopt;
  return JsonRef(*it, path_.empty() ? key : path_ + "." + key);
}

std::vector<JsonRef> JsonRef::items() const {
  if (!json_->is_array()) wrong("a list");
  std::vector<JsonRef> list;
  list.reserve(json_->size());
  for (size_t i = 0; i < json_->size(); ++i) {
    list.emplace_back((*json_)[i], path_ + "[" + std::to_string(i) + "]");
  }
  return list;
}

std::vector<std::pair<std::string, JsonRef>> JsonRef::members() const {
  if (!json_->is_object()) wrong("an object");
  std::vector<std::pair<std::string, JsonRef>> list;
  for (auto it = json_->begin(); it != json_->end(); ++it) {
    list.emplace_back(it.key(), JsonRef(*it, path_ + "." + it.key()));
  }
  return list;
}

std::pair<std::string, JsonRef> JsonRef::single() const {
  if (!json_->is_object() || json_->size() != 1) wrong("an object with one field");
  return {json_->begin().key(), JsonRef(*json_->begin(), path_ + "." + json_->begin().key())};
}

bool JsonRef::is_array() const { return json_->is_array(); }
bool JsonRef::is_object() const { return json_->is_object(); }
bool JsonRef::is_string() const { return json_->is_string(); }

int64_t JsonRef::integer() const {
  if (!json_->is_number_integer()) wrong("an integer");
  if (json_->is_number_unsigned() &&
      json_->get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    wrong("an integer of 64 bits with sign");
  }
  return json_->get<int64_t>();
}

double JsonRef::number() const {
  if (json_->is_number()) return json_->get<double>();
  if (json_->is_string()) {
    const std::string& s = json_->get_ref<const std::string&>();
    if (s == "Infinity") return std::numeric_limits<double>::infinity();
    if (s == "-Infinity") return -std::numeric_limits<double>::infinity();
    if (s == "NaN") return std::numeric_limits<double>::quiet_NaN();
  }
  wrong("a number");
}

bool JsonRef::boolean() const {
  if (!json_->is_boolean()) wrong("true or false");
  return json_->get<bool>();
}

const std::string& JsonRef::string() const {
  if (!json_->is_string()) wrong("a string");
  return json_->get_ref<const std::string&>();
}

const std::string& JsonRef::identifier() const {
  if (!json_->is_string() || !is_identifier(string())) wrong("a name");
  return string();
}

json parse_json(std::string_view text, const std::string& what) {
  try {
    return json::parse(text);
  } catch (const json::exception& e) {
    throw Error(detail::concat(what, " is not valid JSON: ", e.what()));
  }
}

bool is_identifier(std::string_view name) {
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && !digit(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return digit(c) || letter(c); });
}

}  // namespace tenon::frontends
