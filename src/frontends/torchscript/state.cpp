// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/state.h"

#include <ATen/core/ivalue.h>

#include "base/error.h"

namespace tenon::torchscript {
namespace {

namespace jit = torch::jit;

bool is_container(const jit::Value* v) {
  return v->type()->kind() == c10::TypeKind::ListType ||
         v->type()->kind() == c10::TypeKind::DictType;
}

bool is_view(const jit::Node* node) {
  const auto* schema = node->maybeSchema();
  if (!schema) return false;
  for (const auto& result : schema->returns())
    if (result.alias_info()) return true;
  return false;
}

class Finder {
 public:
  Finder(const Lowered& lowered, const jit::AliasDb& aliases)
      : lowered_(lowered), aliases_(aliases) {}

  State run() {
    walk(lowered_.graph->block());
    if (found_.empty()) return {};  // views in lists that only the method knows need no care
    return std::move(found_);
  }

 private:
  void walk(const jit::Block* block) {
    for (const jit::Node* n : block->nodes()) {
      for (const jit::Block* b : n->blocks()) walk(b);
      if (n->kind() == c10::prim::SetAttr) {
        found_.written.insert(key(n));
        store(n->input(1));
      } else if (n->kind() == c10::prim::GetAttr) {
        if (!n->output()->type()->cast<c10::ClassType>() && aliases_.hasWriters(n->output()))
          found_.written.insert(key(n));
      } else if (n->maybeSchema() && n->maybeSchema()->is_mutable() && !n->inputs().empty() &&
                 is_container(n->input(0))) {
        for (size_t i = 1; i < n->inputs().size(); ++i) store(n->input(i));
      }
    }
  }

  AttributeKey key(const jit::Node* n) const {
    return attribute_key(object(n->input(0)), n->s(c10::attr::name));
  }

  c10::IValue object(const jit::Value* v) const {
    if (v == lowered_.graph->inputs()[0]) return lowered_.module._ivalue();
    const jit::Node* n = v->node();
    TENON_CHECK(n->kind() == c10::prim::GetAttr, "an attribute is read or written of an object ",
                "that is only known at run time: ", n->sourceRange().str());
    return object(n->input(0)).toObjectRef().getAttr(n->s(c10::attr::name));
  }

  /// `v` is put where it outlives the call.
  void store(const jit::Value* v) {
    const jit::Node* n = v->node();
    if (!seen_.insert(v).second) return;
    if (n->kind() == c10::prim::ListConstruct || n->kind() == c10::prim::TupleConstruct ||
        n->kind() == c10::prim::DictConstruct) {
      for (const jit::Value* in : n->inputs()) store(in);
    } else if (n->kind() == c10::prim::If || n->kind() == c10::prim::Loop) {
      const size_t skip = n->kind() == c10::prim::Loop ? 1 : 0;  // the condition
      for (const jit::Block* b : n->blocks()) store(b->outputs()[v->offset() + skip]);
    } else if (is_view(n)) {
      found_.stored_views.insert(v);
      for (const jit::Value* in : n->inputs()) store(in);
    }
  }

  const Lowered& lowered_;
  const jit::AliasDb& aliases_;
  State found_;
  std::set<const jit::Value*> seen_;
};

}  // namespace

AttributeKey attribute_key(const c10::IValue& object, const std::string& name) {
  return {object.toObject().get(), name};
}

State find_state(const Lowered& lowered, const jit::AliasDb& aliases) {
  return Finder(lowered, aliases).run();
}

}  // namespace tenon::torchscript
