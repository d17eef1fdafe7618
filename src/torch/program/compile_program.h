// SPDX-License-Identifier: Apache-2.0
// A saved program of torch.export in, the same program with engines in it out: .pt2 -> .pt2 in one
// process, without Python. Every engine segment becomes one call of tensorrt::execute_engine whose
// engine is a custom object of the archive; weights that only engines use leave the archive;
// everything else (nodes of torch segments, signature, ranges, metadata, extra files) is kept.
// The functions are thread safe. Errors are tenon::Error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/options.h"
#include "tenon/runtime.h"

namespace tenon::torch_bridge {

/// What the caller says of one tensor input, in the order of the program's flattened call: a range
/// of sizes (min == opt == max: a fixed size, or only the best one where the program's is dynamic)
/// and, if it is to be checked, the element type.
struct ProgramInput {
  std::vector<int64_t> min, opt, max;
  std::optional<DataType> dtype;
};

using CheckFile = std::function<void(const std::string& path)>;

/// Compiles the archive at `path_in` into `path_out`, which is replaced at once or, on any error,
/// left as it was. `inputs` is empty, or has one entry per tensor input. An empty options.device
/// means that of the program's tensors. With options.dryrun nothing is written. `check` is called
/// with a name of the finished file before it becomes `path_out`; if it throws, it does not.
/// Returns the report (driver::report_json).
std::string compile_program(const std::string& path_in, const std::string& path_out,
                            const std::vector<ProgramInput>& inputs, const Options& options,
                            const Progress& progress = {}, const CheckFile& check = {});

/// The plan of the one engine that runs the program whole; Error names what would stay in torch.
PlanBytes program_to_plan(const std::string& path_in, const std::vector<ProgramInput>& inputs,
                          const Options& options, const Progress& progress = {});

}  // namespace tenon::torch_bridge
