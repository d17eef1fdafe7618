// SPDX-License-Identifier: Apache-2.0
// The settings of a compilation, made from options.def.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon {

namespace option_types {
using bool_t = bool;
using int_t = int64_t;
using float_t = double;
using str_t = std::string;
using strs_t = std::vector<std::string>;
}  // namespace option_types

struct Options {
#define TENON_OPTION(type, name, default_, invariant, status, doc) \
  option_types::type##_t name = default_;
#include "base/options.def"
#undef TENON_OPTION
};

/// Reads a JSON object {"name": value}. An unknown name is an Error that suggests the nearest one;
/// a value of the wrong type is an Error naming setting, value and wanted type. A non-default value
/// of an inert setting adds a line with the reason to `warnings`.
Options parse_options(std::string_view json, std::vector<std::string>* warnings = nullptr);
/// A line for each live setting whose value changes nothing on `device` ("cpu", "cuda:0") or beside
/// the other settings. For compilations of anything but torch.compile, which takes its own settings
/// out.
std::vector<std::string> without_effect(const Options& options, std::string_view device);
/// All settings as JSON, in table order.
std::string to_json(const Options& options);
/// Only the invariant ones, for cache keys.
std::string invariant_key(const Options& options);
/// "CompilationSettings(min_block_size=5, ...)" for the report.
std::string describe(const Options& options);
/// The table itself as JSON [{"name","type","default","status","doc"}], for the Python layer.
std::string options_table_json();
/// The name in `known` nearest to `name` by edit distance ("" if none is near).
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace tenon
