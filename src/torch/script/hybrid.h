// SPDX-License-Identifier: Apache-2.0
// A program of the TorchScript frontend with its engines built: the blocks of branches and loops
// that stay in torch are compiled as programs of their own.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "driver/compile.h"
#include "frontends/torchscript/program.h"

namespace tenon::torch_bridge {

struct Hybrid {
  const torchscript::ScriptProgram* script = nullptr;
  driver::Compiled compiled;
  std::unordered_map<const ir::Node*, std::vector<std::unique_ptr<Hybrid>>> blocks;
};

std::unique_ptr<Hybrid> build_hybrid(const torchscript::ScriptProgram& script,
                                     const Options& options, const Progress& progress);

/// Of the program and, under "blocks", of the blocks in it; what tenon_result_report gives, with
/// the graph that was read as "lowered_graph".
std::string report_of(const Hybrid& hybrid, const std::vector<std::string>& warnings);

}  // namespace tenon::torch_bridge
