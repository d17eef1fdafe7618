// SPDX-License-Identifier: Apache-2.0
#include "engine/build/select.h"

#include <omp.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "engine/build/timer.h"
#include "engine/run/sizes.h"
#include "engine/run/storage.h"
#include "kernels/device.h"

namespace tenon::engine {
namespace {

using kernels::KernelImpl;
using kernels::Problem;

std::string desc_key(const kernels::TensorDesc& d) {
  if (!d.present) return "_";
  std::string key = name_of(d.dtype);
  for (int64_t s : d.shape) key += "," + std::to_string(s);
  if (!d.plain()) key += " cl";
  if (d.is_constant) key += " const";
  return key;
}

struct Selected {
  Candidate best{nullptr, ""};
  std::vector<CandidateReport> candidates;
};

/// Splits the candidates into those worth timing and reports for the others.
std::vector<Candidate> willing(const Problem& problem, std::vector<CandidateReport>& reports) {
  std::vector<Candidate> yes;
  const KernelImpl* reference = nullptr;
  for (const KernelImpl* impl : kernels::candidates(problem.layer->op, problem.device())) {
    Support support = impl->supports(problem);
    if (!support) {
      reports.push_back({impl->name(), -1, support.reason()});
    } else if (impl->priority() == 0) {
      reference = impl;
    } else {
      for (std::string& tactic : impl->tactics(problem)) yes.push_back({impl, std::move(tactic)});
    }
  }
  if (!reference) return yes;
  if (yes.empty()) {
    yes.push_back({reference, ""});
  } else {
    reports.push_back(
        {reference->name(), -1, "the plain reference runs only where nothing else can"});
  }
  return yes;
}

/// The cached time of each candidate, if the cache knows all of them.
bool from_cache(const TimingCache* cache, const std::string& key,
                const std::vector<Candidate>& candidates, std::vector<Timing>& times) {
  const auto* known = cache ? cache->find(key) : nullptr;
  if (!known) return false;
  times.clear();
  for (const Candidate& c : candidates) {
    const std::string name = c.name();
    auto it =
        std::find_if(known->begin(), known->end(), [&](const auto& t) { return t.first == name; });
    if (it == known->end()) return false;
    times.push_back({it->second, ""});
  }
  return true;
}

/// What choosing has at its disposal.
struct Means {
  const Options& options;
  TimingCache* cache;  // or null
  size_t live_bytes;   // of constants, while candidates are timed
};

/// Constants that trials may hold together: as much as the graph's own will take in the plan.
size_t live_bytes(const ir::Graph& graph) {
  constexpr size_t kSmall = size_t{8} << 20;  // not worth packing anything twice
  size_t bytes = 0;
  for (const auto& node : graph.nodes())
    if (node->is_constant()) bytes += node->get<ir::ConstantPtr>("data")->bytes;
  return std::max(bytes, kSmall);
}

/// Times the candidates; what could not run is left out of the cache, and so tried again.
std::vector<Timing> measure(const Problem& problem, const std::string& key,
                            const std::vector<Candidate>& candidates, const Means& means) {
  std::vector<Timing> times;
  if (from_cache(means.cache, key, candidates, times)) return times;
  times = time_candidates(problem, candidates, means.options, means.live_bytes);
  std::vector<std::pair<std::string, double>> entry;
  for (size_t i = 0; i < candidates.size(); ++i)
    if (times[i].failure.empty()) entry.emplace_back(candidates[i].name(), times[i].microseconds);
  if (means.cache) means.cache->insert(key, std::move(entry));
  return times;
}

[[noreturn]] void none_can_run(const Problem& problem, const Selected& result) {
  std::string reasons;
  for (const auto& c : result.candidates) reasons += "\n  " + c.kernel + ": " + c.reason;
  throw Error(detail::concat("no kernel can run ", ir::describe(*problem.layer), " on ",
                             kernels::name_of(problem.device()), reasons));
}

Selected choose(const Problem& problem, const std::string& key, const Means& means) {
  Selected result;
  const std::vector<Candidate> candidates = willing(problem, result.candidates);
  if (candidates.empty()) none_can_run(problem, result);
  if (candidates.size() == 1 || means.options.optimization_level == 0) {
    result.best = candidates.front();
    for (const Candidate& c : candidates)
      result.candidates.push_back(
          {c.name(), -1,
           candidates.size() == 1 ? "the only candidate" : "optimization_level is 0: not timed"});
    return result;
  }
  const std::vector<Timing> times = measure(problem, key, candidates, means);
  double best = 0;  // microseconds, less the allowance
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Timing& t = times[i];
    const double cost = t.microseconds * (1 - candidates[i].impl->allowance());
    result.candidates.push_back({candidates[i].name(), t.microseconds,
                                 t.failure.empty() ? "" : "failed while timed: " + t.failure});
    if (!t.failure.empty()) {
      log(LogLevel::kWarning, candidates[i].name(), " failed while it was timed for ",
          ir::describe(*problem.layer), " and is not used: ", t.failure);
    } else if (!result.best.impl || cost < best) {
      result.best = candidates[i];
      best = cost;
    }
  }
  if (!result.best.impl) none_can_run(problem, result);
  return result;
}

}  // namespace

std::string problem_key(const Problem& p) {
  std::string key = p.layer->op;
  for (const auto& [name, value] : p.layer->attrs) {
    key += " " + name + "=";
    if (auto* sizes = std::get_if<std::vector<ir::SymDim>>(&value)) {
      for (int64_t s : ir::eval(*sizes, p.sizes)) key += std::to_string(s) + ",";
    } else {
      key += ir::str(value);
    }
  }
  for (const auto& d : p.in) key += "|" + desc_key(d);
  key += ">";
  for (const auto& d : p.out) key += "|" + desc_key(d);
  if (p.target)
    return key + " " + kernels::name_of(p.device()) + " tf32=" + (p.target->tf32 ? "1" : "0") +
           " " + kernels::device_runtime(p.device()).identity();
  return key + " threads=" + std::to_string(p.threads) + " isa=" + kernels::instruction_set();
}

std::vector<Choice> select_kernels(ir::Graph& graph, const Options& options, TimingCache* cache,
                                   const Progress& progress, const kernels::DeviceTarget* target,
                                   const std::vector<Choice>& known) {
  std::vector<ir::Node*> nodes;
  for (const auto& node : graph.nodes())
    if (!node->is_constant() && !is_view(*node)) nodes.push_back(node.get());
  ir::SymEnv sizes = opt_sizes(graph);
  const Means means{options, cache, live_bytes(graph)};
  std::map<std::string, Selected> seen;
  std::unordered_map<const ir::Node*, const Choice*> chosen;
  for (const Choice& c : known) chosen[c.node] = &c;
  std::vector<Choice> choices;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (const auto it = chosen.find(nodes[i]); it != chosen.end()) {
      choices.push_back(*it->second);
      continue;
    }
    if (progress &&
        !progress("choosing kernels", static_cast<int>(i), static_cast<int>(nodes.size())))
      throw Cancelled();
    Problem problem = make_problem(*nodes[i], sizes, omp_get_max_threads(), target);
    std::string key = problem_key(problem);
    auto it = seen.find(key);
    if (it == seen.end()) {
      Selected s =
          with_frame([&] { return "while choosing a kernel for " + ir::describe(*nodes[i]); },
                     [&] { return choose(problem, key, means); });
      it = seen.emplace(key, std::move(s)).first;
    }
    const Selected& s = it->second;
    choices.push_back({nodes[i], s.best.impl, s.best.tactic, s.candidates});
  }
  return choices;
}

}  // namespace tenon::engine
