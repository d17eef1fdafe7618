// SPDX-License-Identifier: Apache-2.0
#include "ir/pass.h"

#include <chrono>

#include "ir/text.h"

namespace tenon::ir {
namespace {

PassTime run_timed(Graph& graph, const Pass& pass) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const bool changed = with_frame([&] { return "in pass '" + std::string(pass.name) + "'"; },
                                  [&] { return pass.run(graph); });
  const std::chrono::duration<double, std::milli> elapsed = Clock::now() - begin;
  return {pass.name, elapsed.count(), changed};
}

}  // namespace

std::vector<PassTime> run_passes(Graph& graph, const std::vector<Pass>& passes,
                                 const PassRunOptions& options) {
  std::vector<PassTime> times;
  times.reserve(passes.size());
  for (const Pass& pass : passes) {
    times.push_back(run_timed(graph, pass));
    with_frame([&] { return "after pass '" + std::string(pass.name) + "'"; },
               [&] {
                 verify(graph);
                 if (options.check) options.check(graph);
               });
    if (options.dump && times.back().changed) options.dump(pass.name, print(graph));
  }
  return times;
}

}  // namespace tenon::ir
