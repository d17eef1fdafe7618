// SPDX-License-Identifier: Apache-2.0
// The C ABI: turns exceptions into codes and messages, nothing else.
#include "tenon/c_api.h"

#include <omp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/debug_logging.h"
#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "convert/user_converter.h"
#include "driver/c_support.h"
#include "driver/compile.h"
#include "frontends/export/export.h"
#include "kernels/kernel.h"
#include "net/layer.h"

struct tenon_result {
  tenon::ir::Program program;
  tenon::driver::Compiled compiled;
  std::string report;
};

namespace {

using namespace tenon;
using driver::constant_from;
using driver::guarded;

ir::SymRanges read_symbols(const nlohmann::json& request) {
  ir::SymRanges ranges;
  if (!request.contains("symbols")) return ranges;
  for (const auto& [name, r] : request.at("symbols").items()) {
    TENON_CHECK(r.is_array() && r.size() == 3, "symbols.", name, " must be [min, opt, max]");
    ranges[name] = {r[0].get<int64_t>(), r[1].get<int64_t>(), r[2].get<int64_t>()};
  }
  return ranges;
}

Progress wrap(tenon_progress progress, void* user) {
  if (!progress) return {};
  return [progress, user](const std::string& stage, int done, int total) {
    return progress(stage.c_str(), done, total, user) != 0;
  };
}

/// The JSON library recurses; a request nested deeper than any program would overflow the stack.
void check_depth(std::string_view text) {
  constexpr int kMost = 1000;
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      TENON_CHECK(++depth <= kMost, "the request is nested deeper than ", kMost, " levels");
    } else if (!quoted && (c == ']' || c == '}')) {
      --depth;
    }
  }
}

void compile(std::string_view request_text, const tenon_tensor* constants, size_t count,
             const Progress& progress, tenon_result& out) {
  if (progress && !progress("reading the program", 0, 0)) throw Cancelled();
  check_depth(request_text);
  nlohmann::json request = nlohmann::json::parse(request_text);
  TENON_CHECK(request.is_object() && request.contains("program"),
              "the request is not a JSON object with a \"program\"");
  std::vector<std::string> warnings;
  Options options =
      parse_options(request.value("options", nlohmann::json::object()).dump(), &warnings);
  ir::ConstantTable table;
  for (size_t i = 0; i < count; ++i) table[constants[i].name] = constant_from(constants[i]);
  std::string program = request.at("program").dump();
  ir::SymRanges symbols = read_symbols(request);
  // Kernels are timed with the team they will run with; OpenMP's setting belongs to the thread.
  if (request.contains("threads"))
    omp_set_num_threads(std::max(1, request.at("threads").get<int>()));
  request = nullptr;
  for (std::string& line : without_effect(options, options.device))
    warnings.push_back(std::move(line));
  const DebugLogging logging(options.debug);
  static_cast<void>(kernels::load_plugins());
  out.program = frontends::import_exported_program(program, table, symbols);
  out.compiled = driver::compile(out.program, options, progress);
  out.report = driver::report_json(out.program, out.compiled, warnings);
}

}  // namespace

extern "C" {

int tenon_compile(const char* request, size_t size, const tenon_tensor* constants, size_t count,
                  tenon_progress progress, void* user, tenon_result** out) {
  return guarded([&] {
    TENON_CHECK(request && out, "tenon_compile: ", request ? "out" : "request_json", " is null");
    TENON_CHECK(constants || count == 0, "tenon_compile: constants is null, but constant_count is ",
                count);
    *out = nullptr;
    auto result = std::make_unique<tenon_result>();
    compile({request, size}, constants, count, wrap(progress, user), *result);
    *out = result.release();
  });
}

const char* tenon_result_report(const tenon_result* result) { return result->report.c_str(); }

int tenon_result_plan(const tenon_result* result, size_t segment, const void** data, size_t* size) {
  return guarded([&] {
    TENON_CHECK(result && data && size, "tenon_result_plan: an argument is null");
    const auto& engines = result->compiled.engines;
    TENON_CHECK(segment < engines.size() && engines[segment].data, "segment ", segment,
                " has no engine");
    *data = engines[segment].data.get();
    *size = engines[segment].size;
  });
}

void tenon_result_free(tenon_result* result) { delete result; }

const char* tenon_options_table(void) {
  static const std::string kTable = options_table_json();
  return kTable.c_str();
}

const char* tenon_last_error(void) { return driver::last_error().c_str(); }
const char* tenon_version(void) { return version(); }

const char* tenon_build_info(void) {
  thread_local std::string info_text;  // users' converters come and go
  info_text = [] {
    Support plugins = kernels::load_plugins();
    nlohmann::json info = {{"version", version()},
                           {"isa", kernels::instruction_set()},
                           {"threads", omp_get_max_threads()},
                           {"onednn", plugins ? "available" : plugins.reason()},
                           {"converters", convert::converted_ops()},
                           {"user_converters", convert::user_converters()}};
    for (const auto& layer : net::all_layers()) info["layers"].push_back(layer.op);
    return info.dump();
  }();
  return info_text.c_str();
}

void tenon_set_log(tenon_log sink, void* user) {
  if (!sink) {
    set_log_sink({});
  } else {
    set_log_sink([sink, user](LogLevel level, const std::string& text) {
      sink(static_cast<int>(level), text.c_str(), user);
    });
  }
}

void tenon_set_log_level(int level) {
  set_log_level(static_cast<LogLevel>(level < 0 ? 0 : level > 5 ? 5 : level));
}

}  // extern "C"
