// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

// An input's shape has commas of its own.
#define CXXOPTS_VECTOR_DELIMITER '\0'
#include <cstdio>
#include <cxxopts.hpp>

#include "shape_spec.h"

namespace torchtrtc {
namespace {

using torch_tensorrt::Device;
using torch_tensorrt::EngineCapability;
using torch_tensorrt::Error;
namespace logging = torch_tensorrt::logging;
using Strings = std::vector<std::string>;

constexpr const char* kAbout =
    "Compiles a saved model without Python: in.pt2 (torch.export) into out.pt2, or in.ts\n"
    "(TorchScript) into out.ts. What a file is, its content says, not its name.\n\n"
    "Inputs look like (1,3,224,224)@f32%contiguous or [(min);(opt);(max)]@f16%nhwc; type and "
    "layout\n"
    "may be left out. A .pt2 needs none: they narrow the ranges it was exported with.\n";

cxxopts::Options table() {
  cxxopts::Options o("torchtrtc", kAbout);
  o.positional_help("INPUT OUTPUT [SHAPES...]");
  auto flag = [] { return cxxopts::value<bool>(); };
  auto text = [] { return cxxopts::value<std::string>(); };
  auto texts = [] { return cxxopts::value<Strings>(); };
  auto number = [] { return cxxopts::value<uint64_t>(); };
  o.add_options("hidden")("input", "", text())("output", "", text())("shapes", "", texts());
  o.add_options()("h,help", "this text")("version", "what was built")(
      "v,verbose", "debug messages", flag())("w,warnings", "warnings (the default)", flag())(
      "info", "informational messages", flag());
  o.add_options("Who runs what")("require-full-compilation", "fail if any op would stay in PyTorch",
                                 flag())(
      "torch-executed-op,teo", "(--teo) op kept in PyTorch, e.g. aten::relu (repeatable)", texts())(
      "torch-executed-mod,tem", "(--tem) module path or class kept in PyTorch (repeatable)",
      texts())("min-block-size,mbs", "(--mbs) fewest ops worth an engine (.pt2: 5, TorchScript: 3)",
               number())("dryrun", "print what would run where and why; write nothing", flag())(
      "check-method-support", "TorchScript: can every op of METHOD convert? Nothing is written",
      text(), "METHOD");
  o.add_options("Engine")("p,enable-precision",
                          "precision the builder may use: f32, f16, bf16 (repeatable)", texts())(
      "device", "cpu or cuda:<n>; that of the model if not given", text())(
      "d,device-type", "cpu, gpu or dla; as --device", text())("gpu-id", "with -d gpu", number())(
      "disable-tf32", "CUDA: float32 convolutions without TF32", flag())(
      "truncate-long-double,truncate",
      "float64 is computed as float32 in engines; int64 is not narrowed",
      flag())("num-avg-timing-iters", "timing rounds are multiplied by this", number())(
      "optimization-level", "0: no timing .. 5", cxxopts::value<int>())(
      "timing-cache", "timing cache file; none: off", text())(
      "build-debuggable-engine", "dump the graph after every pass", flag());
  o.add_options("Output")("save-engine", "write the engine alone (the model must convert whole)",
                          flag())("embed-engine",
                                  "INPUT is an engine: put it into a TorchScript module", flag())(
      "report", "write what runs where, with reasons, as JSON", text(), "FILE")(
      "atol", "largest absolute deviation from the original", cxxopts::value<double>())(
      "rtol", "largest deviation relative to the largest value", cxxopts::value<double>())(
      "no-threshold-check", "do not run original and result to compare them", flag());
  o.add_options("Libraries")("custom-torch-ops", "library that registers torch ops (repeatable)",
                             texts(), "LIB")(
      "custom-converters", "library that registers converters (repeatable)", texts(), "LIB");
  o.add_options("Accepted without effect (a warning says so)")("allow-gpu-fallback", "", flag())(
      "dla-core", "", number())("engine-capability", "standard, safety or dla_standalone", text())(
      "sparse-weights", "", flag())("allow-shape-tensors", "", flag())(
      "workspace-size", "", number())("dla-sram-size", "", number())(
      "dla-local-dram-size", "", number())("dla-global-dram-size", "", number())(
      "calibration-cache-file", "", text());
  o.parse_positional({"input", "output", "shapes"});
  return o;
}

Device device_of(const cxxopts::ParseResult& r) {
  Device device;
  if (r.count("device")) {
    try {
      const c10::Device given(r["device"].as<std::string>());
      device.device_type = given.type();
      device.gpu_id = given.has_index() ? given.index() : 0;
    } catch (const c10::Error&) {
      throw Error("--device is '" + r["device"].as<std::string>() + "', wanted cpu or cuda:<n>");
    }
  } else if (r.count("device-type")) {
    const std::string type = r["device-type"].as<std::string>();
    if (type != "cpu" && type != "gpu" && type != "dla")
      throw Error("--device-type is '" + type + "', wanted cpu, gpu or dla");
    device.device_type = type == "cpu"   ? Device::DeviceType::kCPU
                         : type == "gpu" ? Device::DeviceType::kGPU
                                         : Device::DeviceType::kDLA;
  }
  if (r.count("gpu-id")) device.gpu_id = static_cast<int64_t>(r["gpu-id"].as<uint64_t>());
  if (r.count("dla-core")) device.dla_core = static_cast<int64_t>(r["dla-core"].as<uint64_t>());
  device.allow_gpu_fallback = r.count("allow-gpu-fallback") > 0;
  return device;
}

EngineCapability capability_of(const std::string& name) {
  if (name == "standard" || name == "default") return EngineCapability::kSTANDARD;
  if (name == "safety" || name == "safe_gpu") return EngineCapability::kSAFETY;
  if (name == "dla_standalone" || name == "safe_dla") return EngineCapability::kDLA_STANDALONE;
  throw Error("--engine-capability is '" + name + "', wanted standard, safety or dla_standalone");
}

void set_log_level(const cxxopts::ParseResult& r) {
  if (r.count("verbose"))
    logging::set_reportable_log_level(logging::kDEBUG);
  else if (r.count("info"))
    logging::set_reportable_log_level(logging::kINFO);
  logging::set_logging_prefix("torchtrtc: ");
}

template <typename T>
void take(const cxxopts::ParseResult& r, const char* name, T& into) {
  if (r.count(name)) into = r[name].as<T>();
}

template <typename T>
void take(const cxxopts::ParseResult& r, const char* name, std::optional<T>& into) {
  if (r.count(name)) into = r[name].as<T>();
}

Arguments read(const cxxopts::ParseResult& r) {
  Arguments a;
  take(r, "input", a.input);
  take(r, "output", a.output);
  for (const auto& [name, into] :
       {std::pair{"teo", &a.torch_executed_ops}, std::pair{"tem", &a.torch_executed_modules},
        std::pair{"custom-torch-ops", &a.libraries}})
    take(r, name, *into);
  if (r.count("custom-converters"))
    for (const std::string& path : r["custom-converters"].as<Strings>())
      a.libraries.push_back(path);
  if (r.count("shapes"))
    for (const std::string& text : r["shapes"].as<Strings>()) a.inputs.push_back(parse_input(text));
  if (r.count("enable-precision"))
    for (const std::string& name : r["enable-precision"].as<Strings>())
      a.precisions.insert(parse_type(name));
  a.device = device_of(r);
  if (r.count("engine-capability"))
    a.capability = capability_of(r["engine-capability"].as<std::string>());
  take(r, "mbs", a.min_block_size);
  take(r, "workspace-size", a.workspace_size);
  take(r, "dla-sram-size", a.dla_sram_size);
  take(r, "dla-local-dram-size", a.dla_local_dram_size);
  take(r, "dla-global-dram-size", a.dla_global_dram_size);
  take(r, "num-avg-timing-iters", a.num_avg_timing_iters);
  take(r, "optimization-level", a.optimization_level);
  take(r, "timing-cache", a.timing_cache);
  take(r, "report", a.report);
  take(r, "check-method-support", a.method_to_check);
  take(r, "atol", a.atol);
  take(r, "rtol", a.rtol);
  a.threshold_check = !r.count("no-threshold-check");
  a.embed_engine = r.count("embed-engine");
  a.save_engine = r.count("save-engine");
  a.dryrun = r.count("dryrun");
  a.require_full_compilation = r.count("require-full-compilation");
  a.debug = r.count("build-debuggable-engine");
  a.disable_tf32 = r.count("disable-tf32");
  a.sparse_weights = r.count("sparse-weights");
  a.truncate = r.count("truncate");
  a.allow_shape_tensors = r.count("allow-shape-tensors");
  if (r.count("calibration-cache-file"))
    logging::log(logging::kWARNING, "--calibration-cache-file has no effect here");
  return a;
}

void check(const Arguments& a) {
  if (a.input.empty()) throw Error("no input file is given; see torchtrtc --help");
  const bool writes = !a.dryrun && a.method_to_check.empty();
  if (writes && a.output.empty()) throw Error("no output file is given; see torchtrtc --help");
  if (a.embed_engine && a.save_engine)
    throw Error("--embed-engine and --save-engine exclude each other");
  if (a.optimization_level < 0 || a.optimization_level > 5)
    throw Error("--optimization-level is " + std::to_string(a.optimization_level) +
                ", wanted 0 to 5");
  if (a.embed_engine && a.dryrun) throw Error("--embed-engine builds nothing that could be tried");
}

}  // namespace

std::optional<Arguments> parse(int argc, char** argv) {
  cxxopts::Options options = table();
  try {
    const cxxopts::ParseResult result = options.parse(argc, argv);
    if (result.count("help")) {
      std::fputs(options
                     .help({"", "Who runs what", "Engine", "Output", "Libraries",
                            "Accepted without effect (a warning says so)"})
                     .c_str(),
                 stdout);
      return std::nullopt;
    }
    if (result.count("version")) {
      torch_tensorrt::dump_build_info();
      return std::nullopt;
    }
    set_log_level(result);
    Arguments arguments = read(result);
    check(arguments);
    return arguments;
  } catch (const cxxopts::exceptions::exception& e) {
    throw Error(std::string(e.what()) + "; see torchtrtc --help");
  }
}

}  // namespace torchtrtc
