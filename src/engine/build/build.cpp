// SPDX-License-Identifier: Apache-2.0
#include "engine/build/build.h"

#include <omp.h>

#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "engine/build/layer_info.h"
#include "engine/build/select.h"
#include "engine/run/sizes.h"
#include "engine/run/storage.h"
#include "ir/text.h"
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

std::vector<ir::PassTime> optimise(ir::Graph& net, const Options& options,
                                   const Progress& progress) {
  ir::PassRunOptions run;
  int index = 0;
  if (options.debug)
    run.dump = [&](const std::string& pass, const std::string& text) {
      dump_graph(options, index++, pass, text);
    };
  run.check = net::check_net;
  std::vector<ir::Pass> passes = engine_passes(options);
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
void pack_constants(ir::Graph& net, std::vector<Choice>& choices, const ir::SymEnv& sizes) {
  for (Choice& choice : choices) {
    kernels::Problem problem = make_problem(*choice.node, sizes, omp_get_max_threads());
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
  }
  net.remove_dead();
}

MemoryInfo memory_info(const ir::Graph& net, const std::vector<Choice>& choices,
                       const std::vector<ir::ConstantPtr>& constants) {
  const ir::SymEnv sizes = opt_sizes(net);
  std::vector<Step> steps;
  std::vector<kernels::Problem> problems;
  for (const Choice& choice : choices) {
    steps.push_back({choice.node, choice.impl});
    problems.push_back(make_problem(*choice.node, sizes, omp_get_max_threads()));
  }
  MemoryInfo memory{StoragePlan(net, steps, problems).arena_bytes()};
  for (const ir::ConstantPtr& c : constants) memory.weights += c->bytes;
  return memory;
}

/// A binding never shares memory with another: outputs that are inputs, constants, or the same
/// value twice get a copy.
void separate_outputs(ir::Graph& net) {
  for (size_t i : shared_outputs(net)) {
    ir::Value*& out = net.outputs[i];
    out = net::add_layer(net, "reorder", {out}, {}, out->name + ".copy")->output();
  }
}

/// Passes replace values; the engine's outputs keep the names that they came with.
void name_outputs(ir::Graph& net) {
  for (size_t i = net.output_names.size(); i < net.outputs.size(); ++i)
    net.output_names.push_back(net.outputs[i]->name);
}

std::string target_json() {
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
  ir::verify(net);
  net::check_net(net);
  check_sizes_known(net);
  name_outputs(net);
  result.pass_times = optimise(net, options, progress);
  separate_outputs(net);
  result.optimise_ms = ms_since(start);

  start = Clock::now();
  std::vector<Choice> choices = select_kernels(net, options, cache, progress);
  result.select_ms = ms_since(start);

  pack_constants(net, choices, opt_sizes(net));
  ir::PrintOptions print;
  print.constants = &result.content.constants;
  result.content.graph = ir::print(net, print);
  const MemoryInfo memory = memory_info(net, choices, result.content.constants);
  result.content.info = layer_info_json(net, choices, memory);
  result.content.target = target_json();
  if (progress && !progress("packing weights", 0, 0)) throw Cancelled();
  return result;
}

}  // namespace tenon::engine
