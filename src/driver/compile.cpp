// SPDX-License-Identifier: Apache-2.0
#include "driver/compile.h"

#include <chrono>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "convert/converter.h"
#include "engine/build/build.h"
#include "engine/build/device_support.h"
#include "kernels/kernel.h"

namespace tenon::driver {
namespace {

using Clock = std::chrono::steady_clock;

class Stopwatch {
 public:
  explicit Stopwatch(std::vector<std::pair<std::string, double>>& times) : times_(times) {}
  void lap(const std::string& stage) {
    double ms = std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
    start_ = Clock::now();
    for (auto& [name, sum] : times_) {
      if (name == stage) {
        sum += ms;
        return;
      }
    }
    times_.emplace_back(stage, ms);
  }
  void add(const std::string& stage, double ms) { times_.emplace_back(stage, ms); }

 private:
  std::vector<std::pair<std::string, double>>& times_;
  Clock::time_point start_ = Clock::now();
};

/// Answers of converters, asked once per node.
class Oracle {
 public:
  Oracle(const ir::Program& program, const Options& options)
      : program_(program),
        device_(options.device.empty() ? "cpu" : device_kind(options.device)),
        truncate_double_(options.truncate_double) {}
  Support operator()(const ir::Node& node) {
    auto it = answers_.find(&node);
    if (it == answers_.end()) it = answers_.emplace(&node, ask(node)).first;
    return it->second;
  }
  /// "cpu" or "cuda"
  const std::string& device() const { return device_; }

 private:
  static std::string device_kind(const std::string& device) {
    return device.substr(0, device.find(':'));
  }

  Support ask(const ir::Node& node) const {
    if (device_ == "cpu") return convert::supports(node, &program_.graph.symbols, device_);
    return convert::supports(node, &program_.graph.symbols, device_, [this](const ir::Graph& net) {
      return engine::has_cuda_kernels(net, truncate_double_);
    });
  }

  const ir::Program& program_;
  const std::string device_;
  const bool truncate_double_;
  std::map<const ir::Node*, Support> answers_;
};

/// Partitions and converts until every engine segment converts.
partition::Plan partition_and_convert(const ir::Program& program, const Options& options,
                                      const Progress& progress, Stopwatch& watch,
                                      std::vector<ir::Graph>& nets) {
  Oracle oracle(program, options);
  convert::NodeCheck user_layers;
  if (oracle.device() != "cpu")
    user_layers = [&options](const ir::Node& layer, const ir::SymRanges& ranges) {
      return engine::has_cuda_kernel(layer, ranges, options.truncate_double);
    };
  partition::Demoted demoted;
  for (;;) {
    if (progress && !progress("partitioning", 0, 0)) throw Cancelled();
    partition::Plan plan = partition::partition(
        program, options, [&](const ir::Node& n) { return oracle(n); }, demoted);
    watch.lap("partition");
    if (!options.dryrun.empty()) return plan;
    nets.clear();
    const ir::Node* failed = nullptr;
    try {
      for (const auto& s : plan.segments)
        nets.push_back(s.engine
                           ? convert::convert_segment(program.graph, s.nodes, s.inputs, s.outputs,
                                                      &failed, &options, user_layers)
                           : ir::Graph());
      watch.lap("convert");
      return plan;
    } catch (const Error& e) {
      if (!failed || options.require_full_compilation || demoted.count(failed)) throw;
      log(LogLevel::kWarning, ir::describe(*failed),
          " stays in PyTorch: its conversion failed: ", e.what());
      demoted[failed] = std::string("its conversion failed: ") + e.what();
    }
  }
}

PlanBytes build(ir::Graph net, const Options& options, engine::TimingCache* cache,
                const Progress& progress, Stopwatch& watch) {
  engine::BuildResult built = engine::build_engine(std::move(net), options, cache, progress);
  watch.lap("optimise and select");
  PlanBytes plan = engine::write_plan(built.content);
  watch.lap("pack weights");
  return plan;
}

thread_local const Options* running = nullptr;

class Running {
 public:
  explicit Running(const Options& options) : before_(std::exchange(running, &options)) {}
  ~Running() { running = before_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  const Options* before_;
};

}  // namespace

const Options* current_options() { return running; }

std::string timing_cache_path(const Options& options) {
  if (options.timing_cache_path == "none") return "";
  if (!options.timing_cache_path.empty()) return options.timing_cache_path;
  return (std::filesystem::temp_directory_path() / "torch_tensorrt_engine_cache" /
          "timing_cache.bin")
      .string();
}

Compiled compile(const ir::Program& program, const Options& options, const Progress& progress) {
  const Running scope(options);
  static_cast<void>(kernels::load_plugins());
  Compiled result;
  Stopwatch watch(result.times_ms);
  std::vector<ir::Graph> nets;
  result.plan = partition_and_convert(program, options, progress, watch, nets);
  result.dryrun = partition::dryrun_report(program, result.plan, options);
  result.engines.resize(result.plan.segments.size());
  if (!options.dryrun.empty()) return result;
  std::string cache_path = timing_cache_path(options);
  std::unique_ptr<engine::TimingCache> cache =
      cache_path.empty() ? nullptr : engine::TimingCache::open(cache_path);
  for (size_t i = 0; i < result.plan.segments.size(); ++i) {
    const auto& segment = result.plan.segments[i];
    if (!segment.engine) continue;
    result.engines[i] = with_frame(
        [&] { return "while building " + segment.name; },
        [&] { return build(std::move(nets[i]), options, cache.get(), progress, watch); });
  }
  if (!cache) return result;
  try {
    cache->save();
  } catch (const Error& e) {  // a build that succeeded is not lost for want of a cache
    log(LogLevel::kWarning, "the timing cache was not saved: ", e.what());
  }
  return result;
}

}  // namespace tenon::driver
