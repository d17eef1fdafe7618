// SPDX-License-Identifier: Apache-2.0
// Times candidate kernels on synthetic data.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"
#include "kernels/kernel.h"

namespace tenon::engine {

/// One kernel with one of its tactics.
struct Candidate {
  const kernels::KernelImpl* impl;
  std::string tactic;
  /// As in reports and in the timing cache: "<kernel>" or "<kernel>:<tactic>".
  std::string name() const { return tactic.empty() ? impl->name() : impl->name() + ":" + tactic; }
};

struct Timing {
  double microseconds = -1;
  std::string failure;  // why there is no time: what the candidate threw
};

/// Time of each candidate (the mean of the fastest quarter of its runs). On the CPU: successive
/// halving: everyone runs once; those slower than twice the best drop out with that time; the rest
/// run more rounds, interleaved, so that a change of the machine's speed meets all of them; and
/// again as many, a few times at most, while now one, now another is clearly faster. On another
/// device: one after the other, by the device's own clock.
///
/// Memory: constants that every candidate packs are dropped before the timed runs. If dense and
/// packed constants together would exceed `live_bytes`, and always on another device, only one
/// candidate at a time holds its packed constants; the turns of the others come in between.
std::vector<Timing> time_candidates(const kernels::Problem& problem,
                                    const std::vector<Candidate>& candidates,
                                    const Options& options, size_t live_bytes);

}  // namespace tenon::engine
