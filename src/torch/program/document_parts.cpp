// SPDX-License-Identifier: Apache-2.0
#include "torch/program/document_parts.h"

#include <nlohmann/json.hpp>
#include <unordered_map>

namespace tenon::torch_bridge {

void make_functional(Document& node, const std::string& op) {
  std::string target = "torch.ops." + op;
  target.replace(target.find("::"), 2, ".");
  if (op.find('.') == std::string::npos) target += ".default";
  node["target"] = target;
  // The only op that calls its first argument by another name when it is in place.
  if (op == "aten::dropout") node.at("inputs").at(0).at("name") = "input";
}

const Document* stored_name(const Document& spec) {
  static const std::unordered_map<std::string, std::string> kFields = {
      {"parameter", "parameter_name"},
      {"buffer", "buffer_name"},
      {"tensor_constant", "tensor_constant_name"},
      {"custom_obj", "custom_obj_name"}};
  const auto field = kFields.find(union_kind(spec));
  return field == kFields.end() ? nullptr : &spec.begin()->at(field->second);
}

std::set<std::string> written_back(const Document& signature) {
  std::set<std::string> names;
  for (const Document& spec : signature.at("output_specs")) {
    for (const char* field : {"buffer_name", "parameter_name"}) {
      const Document& body = *spec.begin();
      if (body.is_object() && body.contains(field) && body.at(field).is_string())
        names.insert(body.at(field).get<std::string>());
    }
  }
  return names;
}

void keep_values(Document& graph, const std::unordered_set<std::string>& used) {
  for (const char* table : {"tensor_values", "sym_int_values", "sym_bool_values",
                            "sym_float_values", "custom_obj_values"}) {
    if (!graph.contains(table)) continue;
    Document kept = Document::object();
    for (auto& [name, value] : graph[table].items())
      if (used.count(name)) kept[name] = std::move(value);
    graph[table] = std::move(kept);
  }
}

void forget_gone_signatures(Document& module, const std::unordered_set<std::string>& used) {
  if (!module.contains("module_call_graph")) return;
  for (Document& entry : module["module_call_graph"]) {
    const auto signature = entry.find("signature");
    if (signature == entry.end() || !signature->is_object()) continue;
    bool gone = false;
    const auto visit = [&](const std::string& name) { gone = gone || !used.count(name); };
    for (const char* side : {"inputs", "outputs"})
      if (signature->contains(side)) for_each_name((*signature)[side], visit);
    if (gone) *signature = nullptr;
  }
}

std::string common_modules(const std::string& a, const std::string& b) {
  size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  const auto ends = [&](const std::string& s) { return same == s.size() || s[same] == ';'; };
  if (ends(a) && ends(b)) return a.substr(0, same);
  const size_t cut = same ? a.rfind(';', same - 1) : std::string::npos;
  return cut == std::string::npos ? "" : a.substr(0, cut);
}

}  // namespace tenon::torch_bridge
