// SPDX-License-Identifier: Apache-2.0
#include "torch/program/compile_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "base/debug_logging.h"
#include "base/error.h"
#include "base/log.h"
#include "driver/compile.h"
#include "frontends/export/archive.h"
#include "frontends/export/export.h"
#include "torch/program/engine_object.h"
#include "torch/program/input_ranges.h"
#include "torch/program/write_program.h"

namespace tenon::torch_bridge {
namespace {

using frontends::Archive;

constexpr uint64_t kObjectOverhead = 1 << 20;  // more than a pickled engine has around its plan

std::string device_name(const Document& tensor) {
  const Document& device = tensor.at("device");
  const std::string type = device.at("type").get<std::string>();
  if (type == "cpu" || !device.contains("index") || device["index"].is_null()) return type;
  return type + ":" + std::to_string(device["index"].get<int>());
}

/// The one device of the program's inputs, parameters and constants, which `wish` must agree with.
std::string device_of(const Document& document, const std::string& wish) {
  const Document& graph = document.at("graph_module").at("graph");
  std::map<std::string, std::string> seen;  // device -> a tensor on it
  for (const Document& input : graph.at("inputs")) {
    if (!input.contains("as_tensor")) continue;
    const std::string name = input["as_tensor"].at("name").get<std::string>();
    seen.emplace(device_name(graph.at("tensor_values").at(name)), name);
  }
  std::string places;
  for (const auto& [device, name] : seen)
    places += (places.empty() ? "'" : ", '") + name + "' is on " + device;
  TENON_CHECK(seen.size() <= 1, "the program's tensors are on several devices: ", places);
  const std::string found = !seen.empty() ? seen.begin()->first : wish.empty() ? "cpu" : wish;
  const auto kind = [](const std::string& device) { return device.substr(0, device.find(':')); };
  const auto is_general = [&](const std::string& device) { return device == kind(device); };
  TENON_CHECK(wish.empty() || wish == found ||
                  (kind(wish) == kind(found) && (is_general(wish) || is_general(found))),
              "device is ", wish, ", but the program was exported on ", found);
  TENON_CHECK(kind(found) == "cpu" || kind(found) == "cuda", "the program was exported on ", found,
              "; engines are built for cpu and cuda");
  return is_general(found) && !wish.empty() ? wish : found;
}

/// Building takes long: what cannot be written is said before.
void check_writable(const std::string& path) {
  struct stat info{};
  TENON_CHECK(!path.empty(), "no name is given for the output file");
  TENON_CHECK(::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode), "cannot write ", path,
              ": it exists and is no regular file");
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  TENON_CHECK(::access(folder.c_str(), W_OK | X_OK) == 0, "cannot write ", path, ": ",
              std::strerror(errno));
}

/// Weights go from the file into the engines: a damaged one must not get there unseen.
void check_intact(const Archive& archive) {
  for (const auto& entry : archive.zip().entries()) archive.zip().check_crc(entry.name);
}

/// What the import accepts may still lack a field that is needed here.
template <typename Body>
auto well_formed(const std::string& path, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const nlohmann::json::exception& e) {
    throw Error("the program in " + path + " is malformed: " + e.what());
  }
}

/// A program that was read and compiled. The archive is mapped and outlives the views of it.
struct Build {
  Archive archive;
  std::string model;
  ir::SymRanges ranges;
  Options options;
  ir::Program program;
  driver::Compiled compiled;
  Document document;
};

Build build(const std::string& path, const std::vector<ProgramInput>& inputs,
            const Options& options, const Progress& progress) {
  if (progress && !progress("reading the program", 0, 0)) throw Cancelled();
  Archive archive = Archive::open(path);
  check_intact(archive);
  const std::string model = model_of(archive);
  Build b{std::move(archive), model, {}, options, {}, {}, {}};
  const std::string_view text = b.archive.model_json(model);
  const ir::ConstantTable constants = b.archive.constants(model);
  b.program = frontends::import_exported_program(text, constants);
  b.ranges = ranges_of(b.program, tensor_inputs(text), inputs);
  if (!b.ranges.empty()) b.program = frontends::import_exported_program(text, constants, b.ranges);
  b.options.device = well_formed(path, [&] {
    b.document = Document::parse(text);
    return device_of(b.document, options.device);
  });
  for (const std::string& line : without_effect(b.options, b.options.device))
    log(LogLevel::kWarning, line);
  const CurrentDevice current(b.options.device);
  b.compiled = driver::compile(b.program, b.options, progress);
  return b;
}

}  // namespace

std::string compile_program(const std::string& path_in, const std::string& path_out,
                            const std::vector<ProgramInput>& inputs, const Options& options,
                            const Progress& progress, const CheckFile& check) {
  const DebugLogging logging(options.debug);
  if (options.dryrun.empty()) check_writable(path_out);
  Build b = with_frame([&] { return "while compiling " + path_in; },
                       [&] { return build(path_in, inputs, options, progress); });
  const std::string report = driver::report_json(b.program, b.compiled, {});
  if (!options.dryrun.empty()) return report;
  const Rewritten rewritten = well_formed(path_in, [&] {
    narrow_ranges(b.document, b.ranges);
    return put_engines(b.document, b.program, b.compiled.plan);
  });
  if (progress && !progress("writing", 0, 0)) throw Cancelled();
  const CurrentDevice current(b.options.device);
  auto& plans = b.compiled.engines;
  const EngineBytes engines{
      [&](const EngineSlot& slot) { return plans[slot.segment].size + kObjectOverhead; },
      [&](const EngineSlot& slot, const ZipWriter::Sink& sink) {
        const PlanBytes plan = std::move(plans[slot.segment]);  // gone when it is written
        pickle_engine(plan, sink);
      }};
  well_formed(path_in, [&] {
    write_program(b.archive, b.model, b.document, rewritten, engines, path_out, check);
  });
  return report;
}

PlanBytes program_to_plan(const std::string& path_in, const std::vector<ProgramInput>& inputs,
                          const Options& options, const Progress& progress) {
  const DebugLogging logging(options.debug);
  Options whole = options;
  whole.require_full_compilation = true;
  whole.dryrun.clear();
  return with_frame([&] { return "while compiling " + path_in; },
                    [&] {
                      Build b = build(path_in, inputs, whole, progress);
                      const auto& segments = b.compiled.plan.segments;
                      TENON_CHECK(segments.size() == 1 && segments[0].engine,
                                  "a serialized engine needs the program in one engine; it has ",
                                  segments.size(), " segments");
                      return b.compiled.engines[0];
                    });
}

}  // namespace tenon::torch_bridge
