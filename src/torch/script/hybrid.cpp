// SPDX-License-Identifier: Apache-2.0
#include "torch/script/hybrid.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "ir/text.h"

namespace tenon::torch_bridge {

std::unique_ptr<Hybrid> build_hybrid(const torchscript::ScriptProgram& script,
                                     const Options& options, const Progress& progress) {
  auto hybrid = std::make_unique<Hybrid>();
  hybrid->script = &script;
  hybrid->compiled = driver::compile(script.program, options, progress);
  for (const auto& report : hybrid->compiled.plan.nodes) {
    const auto found = script.nodes.find(report.node);
    if (found == script.nodes.end()) continue;
    for (const auto& block : found->second.blocks)
      hybrid->blocks[report.node].push_back(
          with_frame([&] { return "in a block of " + ir::describe(*report.node); },
                     [&] { return build_hybrid(*block, options, progress); }));
  }
  return hybrid;
}

namespace {

nlohmann::ordered_json report_json(const Hybrid& hybrid, const std::vector<std::string>& warnings) {
  const ir::Program& program = hybrid.script->program;
  auto root =
      nlohmann::ordered_json::parse(driver::report_json(program, hybrid.compiled, warnings));
  root["lowered_graph"] = ir::print(program.graph);
  root["blocks"] = nlohmann::ordered_json::array();
  for (const auto& report : hybrid.compiled.plan.nodes) {
    const auto found = hybrid.blocks.find(report.node);
    if (found == hybrid.blocks.end()) continue;
    for (const auto& block : found->second) {
      auto one = report_json(*block, {});
      one["of"] = report.node->origin.node;
      root["blocks"].push_back(std::move(one));
    }
  }
  return root;
}

}  // namespace

std::string report_of(const Hybrid& hybrid, const std::vector<std::string>& warnings) {
  return report_json(hybrid, warnings)
      .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tenon::torch_bridge
