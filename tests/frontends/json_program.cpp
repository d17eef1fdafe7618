// SPDX-License-Identifier: Apache-2.0
#include "frontends/json_program.h"

#include "frontends/export/export.h"

namespace tenon::test {

JsonProgram::JsonProgram() {
  root = {{"schema_version", {{"major", 8}, {"minor", 17}}},
          {"range_constraints", json::object()},
          {"graph_module",
           {{"graph",
             {{"inputs", json::array()},
              {"outputs", json::array()},
              {"nodes", json::array()},
              {"tensor_values", json::object()},
              {"sym_int_values", json::object()},
              {"sym_bool_values", json::object()}}},
            {"signature", {{"input_specs", json::array()}, {"output_specs", json::array()}}}}}};
}

JsonProgram& JsonProgram::tensor(const std::string& name, json sizes, int dtype, int layout) {
  for (json& s : sizes) {
    if (s.is_number()) s = number(s.get<int64_t>());
  }
  graph()["tensor_values"][name] = {{"dtype", dtype}, {"sizes", sizes}, {"layout", layout}};
  return *this;
}

void JsonProgram::describe(const std::string& name) {
  if (!graph()["tensor_values"].contains(name)) tensor(name, {4});
}

JsonProgram& JsonProgram::input(const std::string& name) {
  describe(name);
  signature()["input_specs"].push_back(
      {{"user_input", {{"arg", {{"as_tensor", {{"name", name}}}}}}}});
  return *this;
}

JsonProgram& JsonProgram::stored(const std::string& kind, const std::string& value,
                                 const std::string& name) {
  describe(value);
  signature()["input_specs"].push_back(
      {{kind, {{"arg", {{"name", value}}}, {kind + "_name", name}}}});
  const float data[4] = {1, 2, 3, 4};
  constants[name] = ir::make_constant(DataType::kFLOAT, {4}, data);
  return *this;
}

JsonProgram& JsonProgram::node(const std::string& target, const std::vector<std::string>& outputs,
                               json inputs) {
  json list = json::array();
  for (const auto& name : outputs) {
    describe(name);
    list.push_back({{"as_tensor", {{"name", name}}}});
  }
  const std::string name = outputs.empty() ? "node" : outputs[0];
  const std::string full = target[0] == '_' ? target : "torch.ops." + target;
  graph()["nodes"].push_back({{"target", full},
                              {"inputs", inputs},
                              {"outputs", list},
                              {"metadata", json::object()},
                              {"name", name}});
  return *this;
}

JsonProgram& JsonProgram::output(const std::string& tensor) {
  signature()["output_specs"].push_back(
      {{"user_output", {{"arg", {{"as_tensor", {{"name", tensor}}}}}}}});
  return *this;
}

ir::Program JsonProgram::import(const ir::SymRanges& ranges) const {
  return frontends::import_exported_program(text(), constants, ranges);
}

std::string JsonProgram::error(const ir::SymRanges& ranges) const {
  try {
    import(ranges);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace tenon::test
