// SPDX-License-Identifier: Apache-2.0
#include "engine/build/build.h"

#include <omp.h>

#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "engine/build/layer_info.h"
#include "engine/build/select.h"
#include "engine/build/separate.h"
#include "engine/run/sizes.h"
#include "engine/run/storage.h"
#include "ir/text.h"
#include "kernels/device.h"
#include "kernels/kernel.h"
#include "net/layer.h"

namespace tenon::engine {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void dump_graph(const Options& options, int index, const std::string& pass,
                const std::string& text) {
  if (options.dump_dir.empty()) {
    log(LogLevel::kDebug, "after pass ", pass, ":\n", text);
    return;
  }
  std::filesystem::create_directories(options.dump_dir);
  std::string number = (index < 10 ? "0" : "") + std::to_string(index);
  write_file_atomic(options.dump_dir + "/" + number + "_" + pass + ".txt", text);
}

std::vector<ir::PassTime> optimise(ir::Graph& net, const Options& options, kernels::Device device,
                                   const Progress& progress) {
  ir::PassRunOptions run;
  int index = 0;
  if (options.debug)
    run.dump = [&](const std::string& pass, const std::string& text) {
      dump_graph(options, index++, pass, text);
    };
  run.check = net::check_net;
  std::vector<ir::Pass> passes = engine_passes(options, device);
  int done = 0, total = static_cast<int>(passes.size());
  for (ir::Pass& pass : passes) {
    pass.run = [&, inner = std::move(pass.run)](ir::Graph& g) {
      if (progress && !progress("optimising", done++, total)) throw Cancelled();
      return inner(g);
    };
  }
  return ir::run_passes(net, passes, run);
}

/// Replaces constants by what the chosen kernels want; dense originals die with their last use.
void pack_constants(ir::Graph& net, std::vector<Choice>& choices, const ir::SymEnv& sizes,
                    const kernels::DeviceTarget* target) {
  for (Choice& choice : choices) {
    if (choice.node->has("kernel")) continue;  // done before
    kernels::Problem problem = make_problem(*choice.node, sizes, omp_get_max_threads(), target);
    problem.tactic = choice.tactic;
    std::vector<ir::ConstantPtr> constants;
    for (const ir::Value* in : choice.node->inputs) constants.push_back(ir::constant_of(in));
    kernels::Packed packed = choice.impl->pack(problem, constants);
    for (size_t i = 0; i < packed.size(); ++i) {
      if (!packed[i]) continue;
      ir::Value* dense = choice.node->inputs[i];
      ir::Value* v = net.add_constant(packed[i], dense->name + ".packed");
      v->type = dense->type;
      choice.node->inputs[i] = v;
    }
    choice.node->set("kernel", choice.impl->name());
    if (!choice.tactic.empty()) choice.node->set("tactic", choice.tactic);
  }
  net.remove_dead();
}

MemoryInfo memory_info(const ir::Graph& net, const std::vector<Choice>& choices,
                       const std::vector<ir::ConstantPtr>& constants,
                       const kernels::DeviceTarget* target) {
  const ir::SymEnv sizes = opt_sizes(net);
  std::vector<Step> steps;
  std::vector<kernels::Problem> problems;
  for (const Choice& choice : choices) {
    steps.push_back({choice.node, choice.impl});
    problems.push_back(make_problem(*choice.node, sizes, omp_get_max_threads(), target));
  }
  MemoryInfo memory{StoragePlan(net, steps, problems).arena_bytes()};
  for (const ir::ConstantPtr& c : constants) memory.weights += c->bytes;
  return memory;
}

/// Passes replace values; the engine's outputs keep the names that they came with.
void name_outputs(ir::Graph& net) {
  for (size_t i = net.output_names.size(); i < net.outputs.size(); ++i)
    net.output_names.push_back(net.outputs[i]->name);
}

/// Folder of compiled device code: beside the timing cache, and off where that is off.
std::string code_folder(const Options& options) {
  if (options.timing_cache_path == "none") return "";
  const std::filesystem::path cache =
      options.timing_cache_path.empty()
          ? std::filesystem::temp_directory_path() / "torch_tensorrt_engine_cache" / "any"
          : std::filesystem::path(options.timing_cache_path);
  return cache.parent_path() / "device_code";
}

/// The device that the options ask for; no runtime for the CPU.
struct Target {
  explicit Target(const Options& options) {
    if (options.device.rfind("cuda", 0) != 0) return;
    runtime = &kernels::device_runtime(kernels::Device::kCUDA);
    const Support there = runtime->available();
    TENON_CHECK(there, there.reason());
    const size_t colon = options.device.find(':');
    if (colon != std::string::npos) runtime->select(std::atoi(options.device.c_str() + colon + 1));
    store = runtime->make_code_store(code_folder(options));
    facts = runtime->target();
    facts.tf32 = !options.disable_tf32;
    facts.code = store.get();
  }
  const kernels::DeviceTarget* get() const { return runtime ? &facts : nullptr; }
  kernels::Device device() const { return runtime ? facts.device : kernels::Device::kCPU; }

  kernels::DeviceRuntime* runtime = nullptr;
  std::shared_ptr<kernels::CodeStore> store;
  kernels::DeviceTarget facts;
};

/// The device code of the chosen kernels alone: a fresh store sees each of them prepared once.
std::vector<kernels::DeviceCode> collect_code(const Target& target, const Options& options,
                                              const std::vector<Choice>& choices,
                                              const ir::SymEnv& sizes) {
  const std::shared_ptr<kernels::CodeStore> store =
      target.runtime->make_code_store(code_folder(options));
  kernels::DeviceTarget facts = target.facts;
  facts.code = store.get();
  for (const Choice& choice : choices)
    choice.impl->prepare(make_problem(*choice.node, sizes, omp_get_max_threads(), &facts));
  return target.runtime->used_code(*store);
}

std::string target_json(const Target& target) {
  if (target.runtime)
    return detail::concat("{\"device\": \"", kernels::name_of(target.facts.device), "\", ",
                          target.runtime->target_json(),
                          ", \"tf32\": ", target.facts.tf32 ? "true" : "false", ", \"library\": \"",
                          version(), "\"}");
  return detail::concat("{\"device\": \"cpu\", \"isa\": \"", kernels::name_of(kernels::isa()),
                        "\", \"library\": \"", version(), "\"}");
}

}  // namespace

BuildResult build_engine(ir::Graph net, const Options& options, TimingCache* cache,
                         const Progress& progress) {
  static_cast<void>(
      kernels::load_plugins());  // without it its candidates are missing; layer info says so
  BuildResult result;
  auto start = Clock::now();
  const Target target(options);
  ir::verify(net);
  net::check_net(net);
  check_sizes_known(net);
  name_outputs(net);
  result.pass_times = optimise(net, options, target.device(), progress);
  separate_outputs(net);
  result.optimise_ms = ms_since(start);

  start = Clock::now();
  std::vector<Choice> choices = select_kernels(net, options, cache, progress, target.get());
  result.select_ms = ms_since(start);

  pack_constants(net, choices, opt_sizes(net), target.get());
  if (target.runtime && separate_fixed_pointers(net, choices, target.facts)) {
    choices = select_kernels(net, options, cache, progress, target.get(), choices);
    pack_constants(net, choices, opt_sizes(net), target.get());
  }
  if (target.runtime) result.content.code = collect_code(target, options, choices, opt_sizes(net));
  ir::PrintOptions print;
  print.constants = &result.content.constants;
  result.content.graph = ir::print(net, print);
  const MemoryInfo memory = memory_info(net, choices, result.content.constants, target.get());
  result.content.info = layer_info_json(net, choices, memory);
  result.content.target = target_json(target);
  if (progress && !progress("packing weights", 0, 0)) throw Cancelled();
  return result;
}

}  // namespace tenon::engine
