// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/empty.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "torch/engine_class.h"
#include "torch/script/compile_script.h"

namespace tenon::torch_bridge {
namespace {

namespace jit = torch::jit;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& n : names) text += (text.empty() ? "" : ", ") + n;
  return text;
}

/// For each wanted name its position among the engine's own; all in order if none is wanted.
std::vector<size_t> positions(const std::vector<std::string>& wanted,
                              const std::vector<std::string>& own, const char* what) {
  std::vector<size_t> out;
  for (size_t i = 0; wanted.empty() && i < own.size(); ++i) out.push_back(i);
  TENON_CHECK(wanted.empty() || wanted.size() == own.size(), wanted.size(), " ", what,
              " names are given, the engine has ", own.size(), ": ", joined(own));
  for (const std::string& name : wanted) {
    const auto at = std::find(own.begin(), own.end(), name);
    TENON_CHECK(at != own.end(), "the engine has no ", what, " '", name,
                "'; it has: ", joined(own));
    out.push_back(static_cast<size_t>(at - own.begin()));
  }
  return out;
}

std::string identifier(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') c = '_';
  return std::isdigit(static_cast<unsigned char>(name[0])) ? "input_" + name : name;
}

}  // namespace

jit::Module embed_plan(const std::string& plan, const std::vector<std::string>& input_names,
                       const std::vector<std::string>& output_names) {
  at::Tensor bytes = at::empty({static_cast<int64_t>(plan.size())}, at::TensorOptions(at::kByte));
  std::memcpy(bytes.mutable_data_ptr(), plan.data(), plan.size());
  const auto engine = c10::make_intrusive<EngineClass>(std::move(bytes));
  const auto inputs = positions(input_names, engine->input_names(), "input");
  const auto outputs = positions(output_names, engine->output_names(), "output");
  const Names names = engine->input_names();

  jit::Module module(c10::QualifiedName("__torch__.EngineModule"),
                     std::make_shared<jit::CompilationUnit>());
  const c10::IValue attribute(engine);
  module.register_attribute("engine", attribute.type(), attribute);
  auto graph = std::make_shared<jit::Graph>();
  jit::Value* self = graph->addInput("self");
  self->setType(module.type());
  std::vector<c10::Argument> formals{c10::Argument("self", module.type())};
  std::vector<jit::Value*> ordered(names.size());
  for (size_t position : inputs) {
    ordered[position] = graph->addInput(identifier(names[position]));
    formals.emplace_back(identifier(names[position]), c10::TensorType::get());
  }
  jit::Value* list =
      graph->insertNode(graph->createList(c10::TensorType::get(), ordered))->output();
  jit::Value* object = graph->insertGetAttr(self, "engine");
  object->setType(attribute.type());
  jit::Node* call = graph->insertNode(
      graph->create(c10::Symbol::fromQualString("tensorrt::execute_engine"), {list, object}, 1));
  call->output()->setType(c10::ListType::create(c10::TensorType::get()));
  jit::Node* unpacked = graph->insertNode(graph->createListUnpack(call->output(), outputs.size()));
  std::vector<jit::Value*> results;
  for (size_t position : outputs) results.push_back(unpacked->output(position));
  jit::Value* result =
      results.size() == 1 ? results[0] : graph->insertNode(graph->createTuple(results))->output();
  graph->registerOutput(result);
  graph->lint();
  jit::Function* function = module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*module.type()->name(), "forward"), graph);
  module.type()->addMethod(function);
  function->setSchema(
      c10::FunctionSchema("forward", "", std::move(formals), {c10::Argument("", result->type())}));
  module.eval();
  return module;
}

}  // namespace tenon::torch_bridge
