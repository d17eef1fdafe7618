// SPDX-License-Identifier: Apache-2.0
// Times candidate kernels on synthetic data.
#pragma once

#include <vector>

#include "base/options.h"
#include "kernels/kernel.h"

namespace tenon::engine {

/// Microseconds of each candidate (median). Successive halving: everyone runs once; those slower
/// than twice the best drop out with that time; the rest run more rounds, interleaved, so that a
/// change of the machine's speed meets all of them.
std::vector<double> time_candidates(const kernels::Problem& problem,
                                    const std::vector<const kernels::KernelImpl*>& impls,
                                    const Options& options);

}  // namespace tenon::engine
