// SPDX-License-Identifier: Apache-2.0
#include "torch/script/compile_script.h"

#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "convert/converter.h"
#include "frontends/torchscript/read.h"
#include "ir/text.h"
#include "torch/script/emitter.h"
#include "torch/script/script_device.h"

namespace tenon::torch_bridge {
namespace {

namespace jit = torch::jit;

/// Per argument of the method, a tree whose ints index the inputs.
std::vector<c10::IValue> structure_of(const ScriptInputs& inputs) {
  if (inputs.signature.isTuple()) return inputs.signature.toTupleRef().elements().vec();
  if (inputs.signature.isList()) return inputs.signature.toListRef().vec();
  TENON_CHECK(inputs.signature.isNone(),
              "input_signature is not a tuple or list with a tree per argument");
  std::vector<c10::IValue> plain;
  for (size_t i = 0; i < inputs.inputs.size(); ++i) plain.emplace_back(static_cast<int64_t>(i));
  return plain;
}

torchscript::InputSpecs specs_of(const ScriptInputs& inputs) {
  torchscript::InputSpecs specs;
  for (const ScriptInput& in : inputs.inputs)
    specs.inputs.push_back({in.min, in.opt, in.max, in.dtype});
  specs.structure = structure_of(inputs);
  return specs;
}

/// Everything from the module to built engines.
struct Build {
  torchscript::Lowered lowered;
  c10::FunctionSchema schema;
  std::unique_ptr<torchscript::ScriptProgram> script;
  std::unique_ptr<Hybrid> hybrid;
  Options options;
};

Build build(const jit::Module& module, const ScriptRequest& request, const Progress& progress) {
  if (progress && !progress("reading the module", 0, 0)) throw Cancelled();
  at::internal::lazy_init_num_threads();  // kernels are timed with the team they will run with
  torchscript::Lowered lowered = torchscript::lower(module, request.method);
  c10::FunctionSchema schema = module.get_method(request.method).function().getSchema();
  Build out{std::move(lowered), std::move(schema), nullptr, nullptr, request.options};
  const c10::Device device = script_device(out.lowered, request.options.device);
  out.options.device = device.str();
  for (const std::string& line : without_effect(out.options, out.options.device))
    log(LogLevel::kWarning, line);
  out.script = torchscript::read(out.lowered, out.schema, specs_of(request.inputs), device,
                                 [](const ir::Node& node, const ir::SymRanges& ranges) {
                                   return convert::infer_types(node, ranges);
                                 });
  if (log_level() >= LogLevel::kGraph || request.options.debug)
    log(request.options.debug ? LogLevel::kDebug : LogLevel::kGraph, "lowered graph:\n",
        ir::print(out.script->program.graph));
  out.hybrid = build_hybrid(*out.script, out.options, progress);
  return out;
}

/// Arguments that took their default values are gone: the engines have them built in.
c10::FunctionSchema emitted_schema(const c10::FunctionSchema& from, const c10::TypePtr& self,
                                   size_t arguments) {
  std::vector<c10::Argument> kept{from.arguments()[0].cloneWithType(self)};
  for (size_t i = 1; i <= arguments; ++i) kept.push_back(from.arguments()[i]);
  return from.cloneWithArguments(std::move(kept));
}

jit::Module emit(const jit::Module& from, const std::string& method, const Build& build,
                 size_t arguments) {
  jit::Module module(c10::QualifiedName(from.type()->name()->qualifiedName() + "_trt"),
                     std::make_shared<jit::CompilationUnit>());
  auto graph = std::make_shared<jit::Graph>();
  jit::Value* self = graph->addInput("self");
  self->setType(module.type());
  const auto& formals = build.schema.arguments();
  EmittedModule emitted{module, self};
  Emitter emitter(*graph, emitted, *build.hybrid);
  std::vector<jit::Value*> given;
  for (size_t i = 1; i <= arguments; ++i) {
    given.push_back(graph->addInput(formals[i].name()));
    given.back()->setType(formals[i].type());
  }
  const c10::Device device(build.options.device);
  {  // engines live on the device that is current when they are loaded
    const c10::impl::VirtualGuardImpl guard(device.type());
    const c10::Device before = guard.exchangeDevice(device);
    for (size_t i = 0; i < given.size(); ++i) emitter.bind_argument(i, given[i]);
    for (jit::Value* v : emitter.run()) graph->registerOutput(v);
    guard.setDevice(before);
  }
  jit::EliminateDeadCode(graph);
  graph->lint();
  const c10::QualifiedName name(*module.type()->name(), method);
  jit::Function* function = module._ivalue()->compilation_unit()->create_function(name, graph);
  module.type()->addMethod(function);
  function->setSchema(emitted_schema(build.schema, module.type(), arguments));
  module.eval();
  return module;
}

/// A plan has the outputs that an engine computes, each once: what else a method returns is lost.
void check_results(const torchscript::ScriptProgram& script) {
  const ir::Graph& graph = script.program.graph;
  std::set<const ir::Value*> seen;
  size_t next = 0;
  const auto check = [&](const c10::IValue& v) {
    const auto* leaf = torchscript::leaf_of(v);
    const ir::Value* out = leaf && leaf->value ? graph.outputs.at(next++) : nullptr;
    const char* what = !leaf                                 ? "a constant"
                       : !out                                ? "a size"
                       : !out->producer()                    ? "an input"
                       : !seen.insert(out).second            ? "a result a second time"
                       : out->type.kind != ir::Kind::kTensor ? "a value that is no tensor"
                                                             : nullptr;
    TENON_CHECK(!what,
                "a serialized engine returns tensors that it computes, each once, but the "
                "method returns ",
                what);
  };
  const std::function<void(const c10::IValue&)> visit = [&](const c10::IValue& v) {
    if (v.isTuple()) {
      for (const c10::IValue& e : v.toTupleRef().elements()) visit(e);
    } else if (v.isList()) {
      for (const c10::IValue& e : v.toListRef()) visit(e);
    } else if (v.isGenericDict()) {
      for (const auto& entry : v.toGenericDict()) visit(entry.value());
    } else {
      check(v);
    }
  };
  for (const c10::IValue& v : script.results) visit(v);
}

/// Errors of torch leave as ours, without their C++ stack.
template <typename Body>
auto guarded(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const c10::Error& e) {
    throw Error(e.what_without_backtrace());
  }
}

}  // namespace

jit::Module compile_script(const jit::Module& module, const ScriptRequest& request,
                           const Progress& progress, std::string* report) {
  return guarded([&] {
    const Build built = build(module, request, progress);
    jit::Module out = module;
    if (request.options.dryrun.empty())
      out = emit(module, request.method, built, structure_of(request.inputs).size());
    if (!report) return out;
    auto json = nlohmann::ordered_json::parse(report_of(*built.hybrid, {}));
    const auto text = out.get_method(request.method).graph()->toString(false);
    json["final_graph"] = text;
    if (request.options.debug) log(LogLevel::kDebug, "final graph:\n", text);
    *report = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    return out;
  });
}

std::string script_to_plan(const jit::Module& module, const ScriptRequest& request,
                           const Progress& progress) {
  return guarded([&] {
    ScriptRequest whole = request;
    whole.options.require_full_compilation = true;
    whole.options.dryrun.clear();
    const Build built = build(module, whole, progress);
    check_results(*built.script);
    const auto& segments = built.hybrid->compiled.plan.segments;
    TENON_CHECK(segments.size() == 1 && segments[0].engine,
                "a serialized engine needs the method in one engine; it has ", segments.size(),
                " segments");
    const PlanBytes& plan = built.hybrid->compiled.engines[0];
    return std::string(static_cast<const char*>(plan.data.get()), plan.size);
  });
}

}  // namespace tenon::torch_bridge
