// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/lower.h"

#include <torch/csrc/jit/passes/common_subexpression_elimination.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/inline_fork_wait.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/passes/peephole.h>

#include "base/error.h"
#include "base/log.h"

namespace tenon::torchscript {
namespace {

namespace jit = torch::jit;

void check_method(const jit::Module& module, const std::string& method) {
  if (module.find_method(method)) return;
  std::string names;
  for (const auto& m : module.get_methods()) names += (names.empty() ? "" : ", ") + m.name();
  throw Error(detail::concat("the module has no method '", method,
                             "'; it has: ", names.empty() ? "none" : names));
}

}  // namespace

Lowered lower(const jit::Module& module, const std::string& method) {
  check_method(module, method);
  Lowered out;
  try {
    jit::Module copy = module.clone();
    if (copy.hasattr("training") && copy.is_training())
      log(LogLevel::kWarning, "the module is in training mode; it is compiled as in eval mode");
    copy.eval();
    out.module = jit::freeze_module(copy, {method});
  } catch (const c10::Error& e) {
    throw Error(std::string("the module cannot be frozen: ") + e.what_without_backtrace());
  }
  out.graph = out.module.get_method(method).graph()->copy();
  jit::Inline(*out.graph);
  jit::InlineForkWait(out.graph);
  jit::ConstantPropagation(out.graph);
  jit::PeepholeOptimize(out.graph);
  jit::EliminateCommonSubexpression(out.graph);
  jit::EliminateDeadCode(out.graph);
  return out;
}

}  // namespace tenon::torchscript
