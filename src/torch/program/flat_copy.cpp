// SPDX-License-Identifier: Apache-2.0
#include "torch/program/flat_copy.h"

#include <nlohmann/json.hpp>
#include <set>

#include "frontends/export/archive.h"
#include "torch/program/document.h"
#include "torch/program/input_ranges.h"

namespace tenon::torch_bridge {
namespace {

using frontends::Archive;

std::string find_foreign(const Document& spec) {
  static const std::set<std::string> kKnown = {"builtins.tuple",
                                               "builtins.list",
                                               "builtins.dict",
                                               "collections.namedtuple",
                                               "torch.fx.immutable_collections.immutable_list",
                                               "torch.fx.immutable_collections.immutable_dict"};
  if (spec.contains("type") && spec.at("type").is_string()) {
    const std::string type = spec.at("type").get<std::string>();
    if (!kKnown.count(type)) return type;
  }
  if (!spec.contains("children_spec")) return "";
  for (const Document& child : spec.at("children_spec"))
    if (std::string found = find_foreign(child); !found.empty()) return found;
  return "";
}

/// The signature of the program's own call: the entry of the module "".
Document& root_signature(Document& document) {
  for (Document& entry : document.at("graph_module").at("module_call_graph"))
    if (entry.at("fqn") == "" && entry.at("signature").is_object()) return entry.at("signature");
  throw Error("the program does not say how it is called");
}

Document leaves(size_t count) {
  const Document leaf = {
      {"type", nullptr}, {"context", nullptr}, {"children_spec", Document::array()}};
  return Document(count, leaf);
}

Document container(const char* type, const char* context, Document children) {
  return {{"type", type}, {"context", context}, {"children_spec", std::move(children)}};
}

std::string text_of(const Document& spec) { return Document::array({1, spec}).dump(); }

size_t count(const Document& specs, const std::set<std::string>& kinds) {
  size_t n = 0;
  for (const Document& spec : specs) n += kinds.count(union_kind(spec));
  return n;
}

std::string flattened(std::string_view json) {
  Document document = Document::parse(json);
  const Document& signature = document.at("graph_module").at("signature");
  const size_t inputs = count(signature.at("input_specs"), {"user_input", "constant_input"});
  const size_t outputs = count(signature.at("output_specs"), {"user_output"});
  Document& call = root_signature(document);
  Document sides = Document::array();
  sides.push_back(container("builtins.tuple", "null", leaves(inputs)));
  sides.push_back(container("builtins.dict", "[]", Document::array()));
  call["in_spec"] = text_of(container("builtins.tuple", "null", std::move(sides)));
  call["out_spec"] = text_of(container("builtins.tuple", "null", leaves(outputs)));
  return document.dump();
}

}  // namespace

std::string foreign_container(const std::string& path) {
  const Archive archive = Archive::open(path);
  Document document = Document::parse(archive.model_json(model_of(archive)));
  const Document& call = root_signature(document);
  for (const char* side : {"in_spec", "out_spec"}) {
    const Document spec = Document::parse(call.at(side).get<std::string>());
    if (!spec.is_array() || spec.size() != 2) continue;
    if (std::string found = find_foreign(spec[1]); !found.empty()) return found;
  }
  return "";
}

void add_flat_copy(const std::string& path, ZipWriter& copy) {
  const Archive archive = Archive::open(path);
  const std::string model = model_of(archive);
  const std::string program = archive.root() + "models/" + model + ".json";
  for (const auto& entry : archive.zip().entries()) {
    if (entry.name == program)
      copy.add(entry.name, flattened(archive.zip().read_text(entry.name)));
    else
      copy.add(entry.name, archive.zip().read(entry.name));
  }
}

}  // namespace tenon::torch_bridge
