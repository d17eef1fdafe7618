// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "driver/compile.h"

namespace tenon::driver {
namespace {

using nlohmann::ordered_json;

ordered_json names(const std::vector<const ir::Value*>& values) {
  ordered_json list = ordered_json::array();
  for (const ir::Value* v : values) list.push_back(v->name);
  return list;
}

ordered_json segment_json(const partition::Segment& s) {
  ordered_json nodes = ordered_json::array();
  for (const ir::Node* n : s.nodes) nodes.push_back(n->origin.node);
  return {{"kind", s.engine ? "engine" : "torch"},
          {"name", s.name},
          {"nodes", nodes},
          {"inputs", names(s.inputs)},
          {"outputs", names(s.outputs)}};
}

ordered_json node_json(const partition::NodeReport& r) {
  const ir::Origin& o = r.node->origin;
  return {{"name", o.node},           {"target", o.op},     {"engine", r.engine},
          {"supported", r.supported}, {"reason", r.reason}, {"module", o.module},
          {"location", o.location}};
}

/// Kinds of nodes, by op and dtypes of the tensor operands: how many there are, how many of them a
/// converter takes, and why it does not take the others.
ordered_json node_types(const std::vector<partition::NodeReport>& nodes) {
  struct Kind {
    int supported = 0, unsupported = 0;
    std::set<std::string> reasons;
  };
  std::map<std::pair<std::string, std::vector<std::string>>, Kind> kinds;
  for (const auto& r : nodes) {
    std::vector<std::string> dtypes;
    for (const ir::Value* v : r.node->inputs)
      if (v && v->type.kind == ir::Kind::kTensor) dtypes.push_back(name_of(v->type.dtype));
    Kind& kind = kinds[{r.node->op, dtypes}];
    ++(r.supported ? kind.supported : kind.unsupported);
    if (!r.supported) kind.reasons.insert(r.reason);
  }
  ordered_json list = ordered_json::array();
  for (const auto& [key, kind] : kinds)
    list.push_back({{"op", key.first},
                    {"dtypes", key.second},
                    {"supported", kind.supported},
                    {"unsupported", kind.unsupported},
                    {"reasons", kind.reasons}});
  return list;
}

}  // namespace

std::string report_json(const ir::Program& program, const Compiled& compiled,
                        const std::vector<std::string>& warnings) {
  ordered_json root;
  root["segments"] = ordered_json::array();
  for (const auto& s : compiled.plan.segments) root["segments"].push_back(segment_json(s));
  root["in_place"] = ordered_json::array();
  for (const auto& p : program.in_place) root["in_place"].push_back({p.node, p.target});
  root["nodes"] = ordered_json::array();
  for (const auto& n : compiled.plan.nodes) root["nodes"].push_back(node_json(n));
  root["node_types"] = node_types(compiled.plan.nodes);
  root["dryrun"] = compiled.dryrun;
  root["warnings"] = warnings;
  root["times_ms"] = ordered_json::object();
  for (const auto& [stage, ms] : compiled.times_ms) root["times_ms"][stage] = ms;
  return root.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace tenon::driver
