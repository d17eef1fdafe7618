// SPDX-License-Identifier: Apache-2.0
// The C ABI: turns exceptions into codes and messages, nothing else.
#include "tenon/c_api.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "convert/user_converter.h"
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
using nlohmann::json;

thread_local std::string last_error;

template <typename Body>
int guarded(Body&& body) {
  try {
    body();
    return 0;
  } catch (const Cancelled& e) {
    last_error = e.what();
    return 2;
  } catch (const std::bad_alloc&) {
    last_error = "out of memory";
    return 1;
  } catch (const std::exception& e) {
    last_error = e.what();
    return 1;
  }
}

/// Walks a strided tensor in row-major order.
void make_dense(const tenon_tensor& t, char* out) {
  size_t item = size_of(static_cast<DataType>(t.dtype));
  std::vector<int64_t> index(static_cast<size_t>(t.ndim), 0);
  int64_t count = 1;
  for (int32_t d = 0; d < t.ndim; ++d) count *= t.shape[d];
  for (int64_t i = 0; i < count; ++i) {
    int64_t offset = 0;
    for (int32_t d = 0; d < t.ndim; ++d) offset += index[static_cast<size_t>(d)] * t.strides[d];
    std::memcpy(out + static_cast<size_t>(i) * item,
                static_cast<const char*>(t.data) + offset * static_cast<int64_t>(item), item);
    for (int32_t d = t.ndim - 1; d >= 0 && ++index[static_cast<size_t>(d)] == t.shape[d]; --d)
      index[static_cast<size_t>(d)] = 0;
  }
}

bool is_dense(const tenon_tensor& t) {
  int64_t expected = 1;
  for (int32_t d = t.ndim - 1; d >= 0; --d) {
    if (t.shape[d] != 1 && t.strides[d] != expected) return false;
    expected *= t.shape[d];
  }
  return true;
}

/// A view of the caller's tensor, or a lazy dense form of it; the caller keeps the data alive.
ir::ConstantPtr constant_from(const tenon_tensor& t) {
  auto c = std::make_shared<ir::Constant>();
  TENON_CHECK(t.name, "a constant has no name");
  c->name = t.name;
  c->dtype = static_cast<DataType>(t.dtype);
  size_t item = size_of(c->dtype);
  TENON_CHECK(item > 0, "constant '", c->name, "' has an element type (", t.dtype,
              ") that is not supported");
  TENON_CHECK(t.ndim >= 0 && t.ndim <= Dims::MAX_DIMS, "constant '", c->name, "' has ", t.ndim,
              " dimensions, at most ", Dims::MAX_DIMS);
  TENON_CHECK((t.shape && t.strides) || t.ndim == 0, "constant '", c->name,
              "' has no shape or no strides");
  c->shape.assign(t.shape, t.shape + t.ndim);
  c->bytes = item;
  for (int64_t d : c->shape) {
    TENON_CHECK(d >= 0 && !__builtin_mul_overflow(c->bytes, static_cast<size_t>(d), &c->bytes),
                "constant '", c->name, "' has size ", d);
  }
  TENON_CHECK(t.data || c->bytes == 0, "constant '", c->name, "' has no data");
  if (is_dense(t)) {
    static const char kEmpty = 0;
    c->data = std::shared_ptr<const void>(std::shared_ptr<const void>(), t.data ? t.data : &kEmpty);
  } else {
    std::vector<int64_t> strides(t.strides, t.strides + t.ndim);
    c->fill = [shape = c->shape, strides, dtype = t.dtype, data = t.data](void* out) {
      make_dense(
          {nullptr, dtype, static_cast<int32_t>(shape.size()), shape.data(), strides.data(), data},
          static_cast<char*>(out));
    };
  }
  return c;
}

ir::SymRanges read_symbols(const json& request) {
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

/// Debug messages while a build with debug=True runs.
class DebugLogging {
 public:
  explicit DebugLogging(bool on) : before_(log_level()) {
    if (on && before_ < LogLevel::kDebug) set_log_level(LogLevel::kDebug);
  }
  ~DebugLogging() { set_log_level(before_); }

 private:
  LogLevel before_;
};

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
  json request = json::parse(request_text);
  TENON_CHECK(request.is_object() && request.contains("program"),
              "the request is not a JSON object with a \"program\"");
  std::vector<std::string> warnings;
  Options options = parse_options(request.value("options", json::object()).dump(), &warnings);
  ir::ConstantTable table;
  for (size_t i = 0; i < count; ++i) table[constants[i].name] = constant_from(constants[i]);
  std::string program = request.at("program").dump();
  ir::SymRanges symbols = read_symbols(request);
  // Kernels are timed with the team they will run with; OpenMP's setting belongs to the thread.
  if (request.contains("threads"))
    omp_set_num_threads(std::max(1, request.at("threads").get<int>()));
  request = nullptr;
  DebugLogging logging(options.debug);
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

const char* tenon_last_error(void) { return last_error.c_str(); }
const char* tenon_version(void) { return version(); }

const char* tenon_build_info(void) {
  thread_local std::string info_text;  // users' converters come and go
  info_text = [] {
    Support plugins = kernels::load_plugins();
    json info = {{"version", version()},
                 {"isa", kernels::name_of(kernels::isa())},
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
