// SPDX-License-Identifier: Apache-2.0
// TorchScript in, TorchScript out: what torch_tensorrt.ts, the public C++ API and torchtrtc call.
// The functions are thread safe; modules given are not changed. Errors are tenon::Error.
#pragma once

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "base/options.h"
#include "driver/compile.h"

namespace tenon::torch_bridge {

/// One tensor input: sizes (min == opt == max where fixed) and element type.
struct ScriptInput {
  std::vector<int64_t> min, opt, max;
  at::ScalarType dtype = at::kFloat;
};

/// The inputs of a method in order. `signature` (if not None) is a tuple / list / dict tree of
/// numbers 0, 1, ... that index into `inputs`; without it argument i is inputs[i].
struct ScriptInputs {
  std::vector<ScriptInput> inputs;
  c10::IValue signature;
};

struct ScriptRequest {
  std::string method = "forward";
  ScriptInputs inputs;
  Options options;
};

/// A module whose `method` runs on engines where that is possible; its other methods are not kept.
/// `report` (optional) receives what tenon_result_report gives, plus the lowered and final graphs.
torch::jit::Module compile_script(const torch::jit::Module& module, const ScriptRequest& request,
                                  const Progress& progress = {}, std::string* report = nullptr);

/// The plan of the one engine that runs the method whole; Error names what would stay in torch.
std::string script_to_plan(const torch::jit::Module& module, const ScriptRequest& request,
                           const Progress& progress = {});

/// A module whose forward(Tensor, ...) is one call of the engine; one output is returned bare,
/// several as a tuple. Names, if given, must be the engine's own, in the order wanted.
torch::jit::Module embed_plan(const std::string& plan,
                              const std::vector<std::string>& input_names = {},
                              const std::vector<std::string>& output_names = {});

/// Can every op of the method convert, as far as that is known without inputs' shapes? `reasons`
/// (optional) receives a line per kind of op that cannot.
bool check_method_support(const torch::jit::Module& module, const std::string& method,
                          std::string* reasons = nullptr);

}  // namespace tenon::torch_bridge
