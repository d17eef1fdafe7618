// SPDX-License-Identifier: Apache-2.0
#include "engine/build/timer.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "engine/build/trial.h"
#include "kernels/device.h"

namespace tenon::engine {
namespace {

using kernels::Problem;

constexpr double kHopeless = 2;         // times the best: not run again
constexpr double kLongMicros = 20'000;  // such kernels are stable and expensive
constexpr double kBeaten = 0.9;         // times the chosen one: it would have been the wrong choice
constexpr int kMostBatches = 4;         // of rounds
constexpr int kTurns = 2;               // of each candidate after its first run, if alone in memory

int rounds_for(const Options& options) {
  return (options.optimization_level >= 3 ? 5 : 2) *
         static_cast<int>(std::max<int64_t>(options.num_avg_timing_iters, 1));
}

int rounds_after(double best, const Options& options) {
  return best > kLongMicros ? std::min(rounds_for(options), 2) : rounds_for(options);
}

/// A candidate, how it wants the constants, and what is known of its speed.
struct Entry {
  const Candidate& candidate;
  kernels::Packed forms;  // lazy: nothing is packed yet
  Timing& timing;
  std::vector<double> times;
  std::unique_ptr<Trial> trial;

  bool failed() const { return !timing.failure.empty(); }
  /// Does `body`; what it throws is the candidate's failure.
  template <typename Body>
  void attempt(Body&& body) {
    if (failed()) return;
    try {
      body();
    } catch (const Error& e) {
      trial = nullptr;
      timing.failure = e.what();
    }
  }
  size_t packed_bytes() const {
    size_t bytes = 0;
    for (const ir::ConstantPtr& form : forms) bytes += form ? form->bytes : 0;
    return bytes;
  }
  /// The mean of the fastest quarter. What other work on the machine, also behind the walls of a
  /// virtual one, does to a kernel only adds, comes and goes within seconds, and meets all kernels;
  /// what they can do undisturbed is their own. One lucky run does not count alone.
  double undisturbed() const {
    std::vector<double> sorted = times;
    std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<std::ptrdiff_t>((sorted.size() + 3) / 4);
    return std::accumulate(sorted.begin(), sorted.begin() + n, 0.0) / static_cast<double>(n);
  }
};

class Timer {
 public:
  Timer(const Problem& problem, const std::vector<Candidate>& candidates, const Options& options,
        std::vector<Timing>& result)
      : problem_(problem), options_(options), operands_(problem) {
    entries_.reserve(candidates.size());
    for (size_t i = 0; i < candidates.size(); ++i) {
      entries_.push_back({candidates[i], {}, result[i], {}, nullptr});
      entries_.back().attempt([&] { entries_.back().forms = pack(candidates[i]); });
    }
  }

  bool fits(size_t live_bytes) const {
    size_t bytes = operands_.constant_bytes();
    for (const Entry& e : entries_) bytes += e.packed_bytes();
    return bytes <= live_bytes;
  }

  void on_device() {
    kernels::DeviceRuntime& runtime = kernels::device_runtime(problem_.device());
    for (Entry& e : entries_)
      e.attempt([&] {
        const auto trial = make_trial(e);
        e.timing.microseconds = runtime.time(trial->kernel(), trial->call(), rounds_for(options_));
      });
  }

  /// All in memory together.
  void interleaved() {
    for (Entry& e : entries_)
      e.attempt([&] {
        e.trial = make_trial(e);
        e.trial->run_us();  // warm-up: page faults, lazy set-up
      });
    for (Entry& e : entries_) e.forms.clear();
    operands_.release_constants();
    double best = 1e300;
    for (Entry& e : entries_) {
      if (e.trial) e.times.push_back(e.trial->run_us());
      if (e.trial) best = std::min(best, e.times.front());
    }
    const int batches = options_.optimization_level >= 3 ? kMostBatches : 1;
    for (int b = 0; b < batches && (b == 0 || unsettled()); ++b) {
      for (int r = 0; r < rounds_after(best, options_); ++r)
        for (Entry& e : entries_)
          if (e.trial && e.times.front() <= kHopeless * best) e.times.push_back(e.trial->run_us());
    }
    take_times();
  }

  /// Each packed anew for each of its turns, and dropped after it.
  void in_turns() {
    double best = 1e300;
    for (Entry& e : entries_) {
      turn(e, 1);
      if (!e.failed()) best = std::min(best, e.times.front());
    }
    const int runs = (rounds_after(best, options_) + kTurns - 1) / kTurns;
    for (int t = 0; t < kTurns; ++t)
      for (Entry& e : entries_)
        if (!e.failed() && e.times.front() <= kHopeless * best) turn(e, runs);
    take_times();
  }

 private:
  kernels::Packed pack(const Candidate& candidate) const {
    Problem chosen = problem_;
    chosen.tactic = candidate.tactic;
    return candidate.impl->pack(chosen, operands_.constants());
  }

  std::unique_ptr<Trial> make_trial(const Entry& e) {
    return std::make_unique<Trial>(problem_, e.candidate, e.forms, operands_);
  }

  void turn(Entry& e, int runs) {
    e.attempt([&] {
      const auto trial = make_trial(e);
      trial->run_us();  // warm-up
      for (int r = 0; r < runs; ++r) e.times.push_back(trial->run_us());
    });
  }

  void take_times() {
    for (Entry& e : entries_)
      if (!e.failed()) e.timing.microseconds = e.undisturbed();
  }

  /// Whether in a quarter of the rounds another candidate was clearly faster than the best one.
  bool unsettled() const {
    const Entry* best = nullptr;
    for (const Entry& e : entries_)
      if (e.trial && (!best || e.undisturbed() < best->undisturbed())) best = &e;
    for (const Entry& e : entries_) {
      if (!e.trial || e.times.size() != best->times.size()) continue;
      size_t beaten = 0;
      for (size_t r = 0; r < e.times.size(); ++r) beaten += e.times[r] < kBeaten * best->times[r];
      if (4 * beaten >= e.times.size()) return true;
    }
    return false;
  }

  const Problem& problem_;
  const Options& options_;
  Operands operands_;
  std::vector<Entry> entries_;
};

}  // namespace

std::vector<Timing> time_candidates(const Problem& problem,
                                    const std::vector<Candidate>& candidates,
                                    const Options& options, size_t live_bytes) {
  std::vector<Timing> result(candidates.size());
  Timer timer(problem, candidates, options, result);
  if (problem.target) {
    timer.on_device();
  } else if (timer.fits(live_bytes)) {
    timer.interleaved();
  } else {
    timer.in_turns();
  }
  return result;
}

}  // namespace tenon::engine
