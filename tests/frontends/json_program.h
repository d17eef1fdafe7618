// SPDX-License-Identifier: Apache-2.0
// Writes small ExportedProgram documents for tests. Tensors are float32 [4] unless `types` says
// otherwise. Example: JsonProgram p; p.input("x"); p.node("aten.relu.default", "r",
// {t("self","x")});
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ir/program.h"

namespace tenon::test {

using nlohmann::json;

inline json arg(const std::string& name, json value) { return {{"name", name}, {"arg", value}}; }
inline json t(const std::string& name, const std::string& tensor) {
  return arg(name, {{"as_tensor", {{"name", tensor}}}});
}
inline json number(int64_t value) { return {{"as_int", value}}; }
inline json symbol(const std::string& name, int64_t hint = 4) {
  return {
      {"as_expr", {{"expr_str", "Symbol('" + name + "', integer=True)"}, {"hint", number(hint)}}}};
}

class JsonProgram {
 public:
  JsonProgram();
  /// Sizes are integers or symbol(...) objects. dtype is the schema's number (7: float32).
  JsonProgram& tensor(const std::string& name, json sizes, int dtype = 7, int layout = 7);
  JsonProgram& input(const std::string& name);
  JsonProgram& stored(const std::string& kind, const std::string& value, const std::string& name);
  /// `target` without "torch.ops." unless it has no dot-separated namespace of torch.ops. Each
  /// output is a tensor of that name.
  JsonProgram& node(const std::string& target, const std::vector<std::string>& outputs,
                    json inputs = json::array());
  JsonProgram& output(const std::string& tensor);

  ir::Program import(const ir::SymRanges& ranges = {}) const;
  /// The text of the Error that the import throws, or "no error".
  std::string error(const ir::SymRanges& ranges = {}) const;
  std::string text() const { return root.dump(); }
  json& graph() { return root["graph_module"]["graph"]; }
  json& signature() { return root["graph_module"]["signature"]; }

  json root;
  ir::ConstantTable constants;

 private:
  void describe(const std::string& name);
};

}  // namespace tenon::test
