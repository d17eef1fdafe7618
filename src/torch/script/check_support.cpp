// SPDX-License-Identifier: Apache-2.0
// Support by name alone: which ops of a method have a converter at all. Whether it takes the
// arguments shows only with shapes.
#include <map>

#include "convert/converter.h"
#include "frontends/export/alias_ops.h"
#include "frontends/torchscript/lower.h"
#include "frontends/torchscript/origin.h"
#include "torch/script/compile_script.h"

namespace tenon::torch_bridge {
namespace {

namespace jit = torch::jit;

bool has_tensor(at::ArrayRef<const jit::Value*> values) {
  for (const jit::Value* v : values) {
    const auto& type = v->type();
    if (type->isSubtypeOf(*c10::TensorType::get()) ||
        type->isSubtypeOf(*c10::ListType::ofTensors()))
      return true;
  }
  return false;
}

/// The converter's name for an op: that of its functional twin for one in place.
bool converts(const std::string& op) {
  if (convert::find_converter(op)) return true;
  const frontends::OpName name(op);
  frontends::OpName twin = name;
  return frontends::is_in_place(name) && frontends::functional_twin(name, &twin) &&
         convert::find_converter(twin.str());
}

void collect(const jit::Block* block, std::map<std::string, std::string>& missing) {
  for (const jit::Node* n : block->nodes()) {
    for (const jit::Block* b : n->blocks()) collect(b, missing);
    if (n->kind() == c10::prim::SetAttr)
      missing.emplace("prim::SetAttr",
                      "no converter for prim::SetAttr: the method writes attribute '" +
                          n->s(c10::attr::name) + "'");
    const auto* schema = n->maybeSchema();
    if (!schema || n->kind().is_prim() || !has_tensor(n->outputs())) continue;
    const std::string op = c10::toString(schema->operator_name());
    if (converts(op)) continue;
    const ir::Origin origin = torchscript::origin_of(n, nullptr);
    std::string where = origin.module;
    if (!origin.location.empty()) where += (where.empty() ? "" : ", ") + origin.location;
    missing.emplace(op, "no converter for " + op + (where.empty() ? "" : " (" + where + ")"));
  }
}

}  // namespace

bool check_method_support(const jit::Module& module, const std::string& method,
                          std::string* reasons) {
  const torchscript::Lowered lowered = torchscript::lower(module, method);
  std::map<std::string, std::string> missing;
  collect(lowered.graph->block(), missing);
  if (reasons) {
    reasons->clear();
    for (const auto& [op, line] : missing) *reasons += line + "\n";
  }
  return missing.empty();
}

}  // namespace tenon::torch_bridge
