// SPDX-License-Identifier: Apache-2.0
#include "base/options.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace tenon {
namespace {

using Json = nlohmann::ordered_json;

struct Setting {
  const char* name;
  const char* type;
  bool invariant;
  bool inert;
  const char* doc;
  Json (*get)(const Options&);
  bool (*set)(Options&, const Json&);  // false: wrong type
};

template <typename T>
bool assign(T& target, const Json& value) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) return false;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    if (!value.is_number_integer()) return false;
    if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) return false;
  } else if constexpr (std::is_same_v<T, double>) {
    if (!value.is_number()) return false;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) return false;
  } else {
    auto is_string = [](const Json& v) { return v.is_string(); };
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_string)) return false;
  }
  target = value.get<T>();
  return true;
}

constexpr bool is_inert(std::string_view status) { return status == "inert"; }

const std::vector<Setting>& table() {
  static const std::vector<Setting> kTable = {
#define TENON_OPTION(type, name, default_, invariant, status, doc) \
  {#name,                                                          \
   #type,                                                          \
   invariant,                                                      \
   is_inert(#status),                                              \
   doc,                                                            \
   [](const Options& o) { return Json(o.name); },                  \
   [](Options& o, const Json& value) { return assign(o.name, value); }},
#include "base/options.def"
#undef TENON_OPTION
  };
  return kTable;
}

const char* type_phrase(std::string_view type) {
  if (type == "bool") return "true or false";
  if (type == "int") return "a whole number";
  if (type == "float") return "a number";
  if (type == "str") return "a string";
  return "a list of strings";
}

const Setting& find(const std::string& name) {
  std::vector<std::string> known;
  for (const Setting& s : table()) {
    if (name == s.name) return s;
    known.emplace_back(s.name);
  }
  const std::string near = nearest_name(name, known);
  throw Error("unknown setting '" + name + "'" +
              (near.empty() ? std::string() : "; did you mean '" + near + "'?"));
}

// Ints whose -1 stands for None say so at the start of their doc.
constexpr std::string_view kNone = "-1: None";
bool allows_none(const Setting& s) { return std::string_view(s.doc).substr(0, 8) == kNone; }

/// An inert setting's reason: its doc without the word on None.
std::string_view reason(const Setting& s) {
  return std::string_view(s.doc).substr(allows_none(s) ? kNone.size() + 2 : 0);
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void set(Options& options, const std::string& name, const Json& value) {
  const Setting& s = find(name);
  const Json wanted = value.is_null() && allows_none(s) ? Json(-1) : value;
  TENON_CHECK(s.set(options, wanted), "setting '", name, "' is ", dump(value), ", wanted ",
              type_phrase(s.type), allows_none(s) ? " or null" : "");
}

std::string no_effect(const Setting& s, const Options& options, std::string_view why) {
  return detail::concat("setting '", s.name, "' = ", dump(s.get(options)),
                        " has no effect here: ", why);
}

/// As Python writes it, for people who know the settings from there.
std::string python_text(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) {
    std::string text = "'";
    for (char c : value.get<std::string>())
      text += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
    return text + "'";
  }
  if (!value.is_array()) return dump(value);
  std::string text = "[";
  for (const Json& item : value) text += (text.size() > 1 ? ", " : "") + python_text(item);
  return text + "]";
}

int edit_distance(const std::string& a, const std::string& b) {
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = std::exchange(row[0], static_cast<int>(i));
    for (size_t j = 1; j <= b.size(); ++j) {
      const int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  if (name.size() > 256) return "";
  std::string best;
  int best_distance = std::max(2, static_cast<int>(name.size()) / 3) + 1;
  for (const std::string& candidate : known) {
    const int distance = edit_distance(name, candidate);
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  return best;
}

Options parse_options(std::string_view json, std::vector<std::string>* warnings) {
  Json root = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  TENON_CHECK(!root.is_discarded(), "the settings are not valid JSON: ", json.substr(0, 200));
  TENON_CHECK(root.is_object(), "the settings are ", root.type_name(), ", wanted a JSON object");
  Options options;
  const Options defaults;
  for (const auto& [name, value] : root.items()) set(options, name, value);
  if (!warnings) return options;
  for (const Setting& s : table()) {
    if (!s.inert || s.get(options) == s.get(defaults)) continue;
    warnings->push_back(no_effect(s, options, reason(s)));
  }
  return options;
}

std::vector<std::string> without_effect(const Options& o, std::string_view device) {
  std::vector<std::string> lines;
  const auto say = [&](bool vain, const char* name, const char* why) {
    if (vain) lines.push_back(no_effect(find(name), o, why));
  };
  const bool cpu = device.substr(0, 4) != "cuda";
  const auto lower = [](const std::string& type) { return type != "float32" && type != "float"; };
  const auto& types = o.enabled_precisions;
  say(cpu && std::any_of(types.begin(), types.end(), lower), "enabled_precisions",
      "on the CPU an engine computes in the types of the graph");
  say(cpu && o.disable_tf32, "disable_tf32", "CPUs have no TF32");
  say(!o.dump_dir.empty() && !o.debug, "dump_dir", "graphs are dumped with 'debug' alone");
  say(o.num_avg_timing_iters > 1 && o.optimization_level == 0, "num_avg_timing_iters",
      "nothing is timed at optimization_level 0");
  say(o.pass_through_build_failures, "pass_through_build_failures",
      "a failed build is an error outside torch.compile anyway");
  return lines;
}

std::string to_json(const Options& options) {
  Json root = Json::object();
  for (const Setting& s : table()) root[s.name] = s.get(options);
  return dump(root);
}

std::string invariant_key(const Options& options) {
  Json root = Json::object();
  for (const Setting& s : table()) {
    if (s.invariant) root[s.name] = s.get(options);
  }
  return dump(root);
}

std::string describe(const Options& options) {
  std::string text = "CompilationSettings(";
  for (const Setting& s : table()) {
    if (text.back() != '(') text += ", ";
    text += std::string(s.name) + "=" + python_text(s.get(options));
  }
  return text + ")";
}

std::string options_table_json() {
  Json root = Json::array();
  const Options defaults;
  for (const Setting& s : table()) {
    root.push_back({{"name", s.name},
                    {"type", s.type},
                    {"default", s.get(defaults)},
                    {"status", s.inert ? "inert" : "live"},
                    {"doc", s.doc}});
  }
  return dump(root);
}

}  // namespace tenon
