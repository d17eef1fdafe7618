// SPDX-License-Identifier: Apache-2.0
#include "engine/build/select.h"

#include <omp.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "engine/build/timer.h"
#include "engine/run/sizes.h"
#include "engine/run/storage.h"

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
  const KernelImpl* impl = nullptr;
  std::vector<CandidateReport> candidates;
};

/// Splits the candidates into those worth timing and reports for the others.
std::vector<const KernelImpl*> willing(const Problem& problem,
                                       std::vector<CandidateReport>& reports) {
  std::vector<const KernelImpl*> yes;
  const KernelImpl* reference = nullptr;
  for (const KernelImpl* impl : kernels::candidates(problem.layer->op)) {
    Support support = impl->supports(problem);
    if (!support) {
      reports.push_back({impl->name(), -1, support.reason()});
    } else if (impl->priority() == 0) {
      reference = impl;
    } else {
      yes.push_back(impl);
    }
  }
  if (!reference) return yes;
  if (yes.empty()) {
    yes.push_back(reference);
  } else {
    reports.push_back(
        {reference->name(), -1, "the plain reference runs only where nothing else can"});
  }
  return yes;
}

/// Candidates with the cached time of each, if the cache knows all of them.
bool from_cache(const TimingCache* cache, const std::string& key,
                const std::vector<const KernelImpl*>& impls, std::vector<double>& times) {
  const auto* known = cache ? cache->find(key) : nullptr;
  if (!known) return false;
  times.clear();
  for (const KernelImpl* impl : impls) {
    auto it = std::find_if(known->begin(), known->end(),
                           [&](const auto& t) { return t.first == impl->name(); });
    if (it == known->end()) return false;
    times.push_back(it->second);
  }
  return true;
}

Selected choose(const Problem& problem, const std::string& key, const Options& options,
                TimingCache* cache) {
  Selected result;
  std::vector<const KernelImpl*> impls = willing(problem, result.candidates);
  if (impls.empty()) {
    std::string reasons;
    for (const auto& c : result.candidates) reasons += "\n  " + c.kernel + ": " + c.reason;
    throw Error(detail::concat("no kernel can run ", ir::describe(*problem.layer), reasons));
  }
  if (impls.size() == 1 || options.optimization_level == 0) {
    result.impl = impls.front();
    for (const KernelImpl* impl : impls)
      result.candidates.push_back(
          {impl->name(), -1,
           impls.size() == 1 ? "the only candidate" : "optimization_level is 0: not timed"});
    return result;
  }
  std::vector<double> times;
  if (!from_cache(cache, key, impls, times)) {
    times = time_candidates(problem, impls, options);
    std::vector<std::pair<std::string, double>> entry;
    for (size_t i = 0; i < impls.size(); ++i) entry.emplace_back(impls[i]->name(), times[i]);
    if (cache) cache->insert(key, std::move(entry));
  }
  size_t best = 0;
  for (size_t i = 0; i < impls.size(); ++i) {
    result.candidates.push_back({impls[i]->name(), times[i], ""});
    if (times[i] < times[best]) best = i;
  }
  result.impl = impls[best];
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
  return key + " threads=" + std::to_string(p.threads) + " isa=" + kernels::name_of(kernels::isa());
}

std::vector<Choice> select_kernels(ir::Graph& graph, const Options& options, TimingCache* cache,
                                   const Progress& progress) {
  std::vector<ir::Node*> nodes;
  for (const auto& node : graph.nodes())
    if (!node->is_constant() && !is_view(*node)) nodes.push_back(node.get());
  ir::SymEnv sizes = opt_sizes(graph);
  std::map<std::string, Selected> seen;
  std::vector<Choice> choices;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (progress &&
        !progress("choosing kernels", static_cast<int>(i), static_cast<int>(nodes.size())))
      throw Cancelled();
    Problem problem = make_problem(*nodes[i], sizes, omp_get_max_threads());
    std::string key = problem_key(problem);
    auto it = seen.find(key);
    if (it == seen.end()) {
      Selected s =
          with_frame([&] { return "while choosing a kernel for " + ir::describe(*nodes[i]); },
                     [&] { return choose(problem, key, options, cache); });
      it = seen.emplace(key, std::move(s)).first;
    }
    choices.push_back({nodes[i], it->second.impl, it->second.candidates});
  }
  return choices;
}

}  // namespace tenon::engine
