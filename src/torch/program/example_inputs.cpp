// SPDX-License-Identifier: Apache-2.0
#include "torch/program/example_inputs.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "frontends/export/archive.h"
#include "frontends/export/export.h"
#include "frontends/export/json_ref.h"
#include "torch/dtype.h"
#include "torch/program/input_ranges.h"

namespace tenon::torch_bridge {
namespace {

using frontends::JsonRef;

class Examples {
 public:
  Examples(const ir::Program& program, const JsonRef& graph, uint64_t seed)
      : program_(program), graph_(graph), generator_(at::detail::createCPUGenerator(seed)) {
    for (const auto& [name, range] : program.graph.symbols) sizes_[name] = range.opt;
  }

  c10::IValue make(const JsonRef& argument) {
    const auto [kind, value] = argument.single();
    if (kind == "as_tensor") return tensor(value.at("name"));
    if (kind == "as_sym_int") {
      if (const auto fixed = value.find("as_int")) return fixed->integer();
      return input(value.at("as_name")).type.size.eval(sizes_);
    }
    if (kind == "as_none") return {};
    if (kind == "as_int") return value.integer();
    if (kind == "as_float") return value.number();
    if (kind == "as_bool") return value.boolean();
    if (kind == "as_string") return value.string();
    argument.fail("is an input of kind '", kind, "', for which no example can be made");
  }

 private:
  const ir::Value& input(const JsonRef& name) const {
    for (const auto& value : program_.graph.inputs())
      if (value->name == name.string() && value->type.kind != ir::Kind::kOther) return *value;
    name.fail("is an input of a type for which no example can be made");
  }

  at::Tensor tensor(const JsonRef& name) {
    const ir::Type& type = input(name).type;
    const at::ScalarType dtype = scalar_type(type.dtype);
    const std::vector<int64_t> shape = ir::eval(type.shape, sizes_);
    const at::Tensor made =
        c10::isFloatingType(dtype)
            ? at::randn(shape, generator_, at::TensorOptions(at::kFloat))
            : at::randint(0, 2, shape, generator_, at::TensorOptions(at::kLong));
    return made.to(dtype).to(device(name.string()));
  }

  c10::Device device(const std::string& name) const {
    const JsonRef device = graph_.at("tensor_values").at(name).at("device");
    const auto index = device.find("index");
    return c10::Device(device.at("type").string() +
                       (index ? ":" + std::to_string(index->integer()) : ""));
  }

  const ir::Program& program_;
  const JsonRef graph_;
  at::Generator generator_;
  ir::SymEnv sizes_;
};

}  // namespace

std::vector<c10::IValue> example_inputs(const std::string& path,
                                        const std::vector<ProgramInput>& inputs, uint64_t seed) {
  const frontends::Archive archive = frontends::Archive::open(path);
  const std::string model = model_of(archive);
  const std::string_view text = archive.model_json(model);
  const ir::ConstantTable constants = archive.constants(model);
  ir::Program program = frontends::import_exported_program(text, constants);
  const ir::SymRanges ranges = ranges_of(program, tensor_inputs(text), inputs);
  program = frontends::import_exported_program(text, constants, ranges);

  const nlohmann::json document = frontends::parse_json(text, path);
  const JsonRef module = JsonRef(document, "").at("graph_module");
  Examples examples(program, module.at("graph"), seed);
  std::vector<c10::IValue> made;
  for (const JsonRef& spec : module.at("signature").at("input_specs").items()) {
    const auto [kind, body] = spec.single();
    if (kind == "user_input") made.push_back(examples.make(body.at("arg")));
    if (kind == "constant_input") made.push_back(examples.make(body.at("value")));
  }
  return made;
}

}  // namespace tenon::torch_bridge
