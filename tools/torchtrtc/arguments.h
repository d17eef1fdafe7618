// SPDX-License-Identifier: Apache-2.0
// The command line of torchtrtc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {

struct Arguments {
  std::string input, output;
  std::vector<torch_tensorrt::Input> inputs;
  torch_tensorrt::Device device;
  torch_tensorrt::EngineCapability capability = torch_tensorrt::EngineCapability::kSTANDARD;
  std::set<torch_tensorrt::DataType> precisions;
  std::vector<std::string> torch_executed_ops, torch_executed_modules;
  std::vector<std::string> libraries;  // of custom ops and converters, in the order to load them
  std::optional<uint64_t> min_block_size;
  std::optional<uint64_t> workspace_size, dla_sram_size, dla_local_dram_size, dla_global_dram_size;
  uint64_t num_avg_timing_iters = 1;
  int optimization_level = 3;
  std::string timing_cache, report, method_to_check;
  std::optional<double> atol, rtol;
  bool threshold_check = true, embed_engine = false, save_engine = false, dryrun = false;
  bool require_full_compilation = false, debug = false, disable_tf32 = false;
  bool sparse_weights = false, truncate = false, allow_shape_tensors = false;
};

/// What the command line asks for; nothing if it only asked for help or the version, which are
/// printed then. Sets the log level. Error names what is wrong.
std::optional<Arguments> parse(int argc, char** argv);

}  // namespace torchtrtc
