// SPDX-License-Identifier: Apache-2.0
#include "engine/build/layer_info.h"

#include <nlohmann/json.hpp>

namespace tenon::engine {
namespace {

using nlohmann::ordered_json;

ordered_json tensor_json(const ir::Value& v) {
  ordered_json shape = ordered_json::array();
  for (const ir::SymDim& d : v.type.shape) {
    if (d.is_const()) {
      shape.push_back(d.value());
    } else {
      shape.push_back(d.str());
    }
  }
  ir::ConstantPtr c = ir::constant_of(&v);
  std::string format = v.layout == ir::Layout::kChannelsLast ? "channels_last" : "row_major";
  if (c && !c->format.empty()) format = c->format;
  return {{"Name", v.name},
          {"Dimensions", shape},
          {"Datatype", name_of(v.type.dtype)},
          {"Format", format},
          {"Constant", c != nullptr}};
}

ordered_json candidate_json(const CandidateReport& c) {
  ordered_json j = {{"Kernel", c.kernel}};
  if (c.microseconds >= 0) j["Microseconds"] = c.microseconds;
  if (!c.reason.empty()) j["Reason"] = c.reason;
  return j;
}

ordered_json layer_json(const Choice& choice) {
  const ir::Node& node = *choice.node;
  ordered_json j = {{"Name", node.output()->name}, {"LayerType", node.op}};
  j["Inputs"] = ordered_json::array();
  for (const ir::Value* in : node.inputs)
    if (in) j["Inputs"].push_back(tensor_json(*in));
  j["Outputs"] = ordered_json::array();
  for (const auto& out : node.outputs()) j["Outputs"].push_back(tensor_json(*out));
  j["Attributes"] = ordered_json::object();
  for (const auto& [name, value] : node.attrs)
    if (name != "kernel" && name != "tactic") j["Attributes"][name] = ir::str(value);
  j["Kernel"] = choice.impl->name();
  if (!choice.tactic.empty()) j["Tactic"] = choice.tactic;
  j["Candidates"] = ordered_json::array();
  for (const auto& c : choice.candidates) j["Candidates"].push_back(candidate_json(c));
  j["Origin"] = {{"node", node.origin.node},
                 {"op", node.origin.op},
                 {"module", node.origin.module},
                 {"location", node.origin.location}};
  return j;
}

}  // namespace

std::string layer_info_json(const ir::Graph& net, const std::vector<Choice>& choices,
                            const MemoryInfo& memory) {
  ordered_json root;
  root["Layers"] = ordered_json::array();
  for (const Choice& choice : choices) root["Layers"].push_back(layer_json(choice));
  root["I/O Tensors"] = ordered_json::array();
  for (const auto& in : net.inputs()) {
    root["I/O Tensors"].push_back(tensor_json(*in));
    root["I/O Tensors"].back()["Mode"] = "input";
  }
  for (size_t i = 0; i < net.outputs.size(); ++i) {
    root["I/O Tensors"].push_back(tensor_json(*net.outputs[i]));
    root["I/O Tensors"].back()["Mode"] = "output";
    if (i < net.output_names.size()) root["I/O Tensors"].back()["Name"] = net.output_names[i];
  }
  ordered_json symbols = ordered_json::object();
  for (const auto& [name, r] : net.symbols) symbols[name] = {r.min, r.opt, r.max};
  root["Symbols"] = symbols;
  root["Memory"] = {{"arena_bytes", memory.arena}, {"weights_bytes", memory.weights}};
  return root.dump(-1, ' ', false,
                   nlohmann::json::error_handler_t::replace);  // names may be any bytes
}

}  // namespace tenon::engine
