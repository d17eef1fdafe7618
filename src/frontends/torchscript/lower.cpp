// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/lower.h"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/common_subexpression_elimination.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/inline_fork_wait.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/passes/peephole.h>

#include <map>

#include "base/error.h"
#include "base/log.h"
#include "frontends/torchscript/state.h"

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

/// Attribute ("layer1.total") -> another one in the same memory. One tensor under two names stays
/// one in copies.
std::map<std::string, std::string> shared_attributes(const jit::Module& module) {
  std::map<const void*, std::pair<std::string, const void*>> first;  // by storage: name, tensor
  std::map<std::string, std::string> shared;
  for (const auto& attribute : module.named_attributes()) {
    if (!attribute.value.isTensor() || !attribute.value.toTensor().defined()) continue;
    const at::Tensor& t = attribute.value.toTensor();
    if (!t.has_storage()) continue;
    const auto [it, fresh] = first.try_emplace(t.storage().unsafeGetStorageImpl(), attribute.name,
                                               t.unsafeGetTensorImpl());
    if (fresh || it->second.second == t.unsafeGetTensorImpl()) continue;
    shared.emplace(attribute.name, it->second.first);
    shared.emplace(it->second.first, attribute.name);
  }
  return shared;
}

/// A copy of the module, which is what is compiled, has each of them in memory of its own.
void refuse_shared_state(const jit::Module& original, const Lowered& lowered) {
  const std::map<std::string, std::string> shared = shared_attributes(original);
  if (shared.empty()) return;
  const State state = find_state(lowered, jit::AliasDb(lowered.graph));
  for (const auto& owner : lowered.module.named_modules())
    for (const auto& attribute : owner.value.named_attributes(/*recurse=*/false)) {
      if (!state.written.count(attribute_key(owner.value._ivalue(), attribute.name))) continue;
      const std::string path = (owner.name.empty() ? "" : owner.name + ".") + attribute.name;
      const auto found = shared.find(path);
      TENON_CHECK(found == shared.end(), "attribute '", path, "', which the method writes, shares ",
                  "memory with '", found->second, "'; a compiled module cannot");
    }
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
  refuse_shared_state(module, out);
  return out;
}

}  // namespace tenon::torchscript
