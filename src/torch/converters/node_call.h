// SPDX-License-Identifier: Apache-2.0
// One ir node in the terms of TorchScript: a throwaway torch::jit::Graph with one node of the
// schema, whose inputs are graph inputs (tensors of the network) and constants, and the arguments
// as Vars. Owns graph and values; the tensors belong to the network. One thread.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <deque>
#include <memory>
#include <vector>

#include "convert/user_converter.h"
#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/conversion/var/Var.h"

namespace tenon::torch_bridge {

class NodeCall {
 public:
  using ConversionCtx = torch_tensorrt::core::conversion::ConversionCtx;
  using Var = torch_tensorrt::core::conversion::Var;

  /// The values of inputs and constants are entered into `ctx`.
  NodeCall(const c10::FunctionSchema& schema, convert::Ctx& c, const ir::Node& n,
           ConversionCtx& ctx);

  torch::jit::Node* node() const { return node_; }
  std::vector<Var>& args() { return args_; }

  /// The tensors of the network that the converter gave for the results of the ir node, in order;
  /// null where it gave none.
  std::vector<ITensor*> results() const;

 private:
  torch::jit::Value* add_argument(const c10::Argument& argument);
  torch::jit::Value* add_tensor(const c10::Argument& argument, ir::Ref ref);
  torch::jit::Value* add_tensors(const c10::Argument& argument, const std::vector<ir::Ref>& refs);
  torch::jit::Value* add_constant(const c10::Argument& argument, c10::IValue value);
  torch::jit::Value* add_input(const ir::Value* v);
  torch::jit::Value* keep(torch::jit::Value* value, c10::IValue ivalue, const std::string& name);
  ITensor* tensor(const ir::Value* v) const;
  void add_node(const c10::FunctionSchema& schema, const std::vector<torch::jit::Value*>& inputs);
  void append_result(const torch::jit::Value* value, std::vector<ITensor*>& out) const;
  ITensor* frozen(const c10::IValue& value) const;

  convert::Ctx& c_;
  const ir::Node& n_;
  ConversionCtx& ctx_;
  std::shared_ptr<torch::jit::Graph> graph_ = std::make_shared<torch::jit::Graph>();
  torch::jit::Node* node_ = nullptr;
  std::deque<c10::IValue> values_;
  std::vector<Var> args_;
};

}  // namespace tenon::torch_bridge
