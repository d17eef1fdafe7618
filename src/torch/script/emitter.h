// SPDX-License-Identifier: Apache-2.0
// Writes a hybrid program as TorchScript: engine segments become calls of
// tensorrt::execute_engine, the rest the ops that the user wrote. One emitter per block; those of
// inner blocks know the one around them. Used once, by one thread.
#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frontends/torchscript/state.h"
#include "torch/script/hybrid.h"

namespace tenon::torch_bridge {

/// The module under construction: engines, and constants that are returned, are its attributes.
struct EmittedModule {
  torch::jit::Module& module;
  torch::jit::Value* self;
  int engines = 0, constants = 0;
  std::map<torchscript::AttributeKey, std::string> state{};  // attributes written -> name here
};

class Emitter {
 public:
  Emitter(torch::jit::Graph& graph, EmittedModule& module, const Hybrid& hybrid)
      : graph_(graph), module_(module), hybrid_(hybrid), script_(*hybrid.script) {}

  /// `given` is argument number `index` of the program.
  void bind_argument(size_t index, torch::jit::Value* given);
  /// Emits everything at the graph's insertion point and returns the results.
  std::vector<torch::jit::Value*> run();

 private:
  using Value = torch::jit::Value;
  using Redirects = std::unordered_map<const ir::Value*, ir::Value*>;

  void bind(const ir::Value* v, Value* emitted);
  void bind_tree(const c10::IValue& structure, Value* given);
  Value* value(const ir::Value* v);
  Value* constant(const c10::IValue& v);
  /// `fresh`: constant tensors are copied, because the caller may write to them.
  Value* write(const c10::IValue& v, const Redirects& redirects, bool fresh = false);
  Value* copy_of(const at::Tensor& tensor);
  Value* size(const ir::SymDim& size);
  Value* symbol(const std::string& name);
  const std::pair<Value*, int64_t>* find_carrier(const std::string& name) const;
  std::vector<Value*> unpack(Value* list, size_t count);
  Value* op(const char* name, std::vector<Value*> inputs, c10::TypePtr type);

  void engine(const partition::Segment& segment, const PlanBytes& plan);
  void torch_node(const ir::Node& node);
  // emit_state.cpp
  const std::string& attribute(const torchscript::StateAttribute& from);
  void access(const ir::Node& node, const torchscript::ScriptNode& script,
              const std::vector<Value*>& inputs);
  void control(const ir::Node& node, const torchscript::ScriptNode& script,
               const std::vector<Value*>& inputs, const Redirects& redirects);
  void bind_outputs(const ir::Node& node, const torchscript::ScriptNode& script,
                    torch::jit::Node* made);

  torch::jit::Graph& graph_;
  EmittedModule& module_;
  const Hybrid& hybrid_;
  const torchscript::ScriptProgram& script_;
  Emitter* outer_ = nullptr;
  Redirects outer_redirects_;
  std::unordered_map<const ir::Value*, Value*> values_;
  std::unordered_map<std::string, std::pair<Value*, int64_t>> carriers_;  // symbol -> value, axis
  std::unordered_map<std::string, Value*> symbols_;
};

}  // namespace tenon::torch_bridge
