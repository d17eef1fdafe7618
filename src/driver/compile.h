// SPDX-License-Identifier: Apache-2.0
// The whole compilation in order: partition, convert, optimise, select, save (DESIGN section 2).
// Needs no torch.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/options.h"
#include "ir/program.h"
#include "partition/partition.h"
#include "tenon/runtime.h"

namespace tenon {
class INetworkDefinition;
class IOptimizationProfile;
}  // namespace tenon

namespace tenon::driver {

struct Compiled {
  partition::Plan plan;            // points into the program
  std::vector<PlanBytes> engines;  // parallel to plan.segments; empty for torch
  std::string dryrun;              // the report's text
  std::vector<std::pair<std::string, double>> times_ms;  // stage -> milliseconds
};

/// Compiles every engine segment of `program`. A node whose conversion fails although its converter
/// said yes is demoted with its reason and the program is partitioned again
/// (require_full_compilation raises instead). With options.dryrun set nothing is built.
Compiled compile(const ir::Program& program, const Options& options, const Progress& progress = {});

/// The settings of the compilation that runs on the calling thread, or null: converters by users
/// may ask for them.
const Options* current_options();

/// A network made with the network API -> plan. `profile` may be null where every size is fixed.
PlanBytes build_network(INetworkDefinition& network, const Options& options,
                        const IOptimizationProfile* profile);

/// The JSON of tenon_result_report (include/tenon/c_api.h).
std::string report_json(const ir::Program& program, const Compiled& compiled,
                        const std::vector<std::string>& warnings);

/// Where the timing cache lives: the option, or the default in the temporary folder.
std::string timing_cache_path(const Options& options);

}  // namespace tenon::driver
