// SPDX-License-Identifier: Apache-2.0
// State between calls: which attributes of the module and its submodules the method writes. What is
// left of attributes after freezing is looked at; found before the graph is read.
#pragma once

#include <torch/csrc/jit/ir/alias_analysis.h>

#include <set>
#include <string>
#include <utility>

#include "frontends/torchscript/lower.h"

namespace tenon::torchscript {

/// A module's identity, and the attribute's name.
using AttributeKey = std::pair<const void*, std::string>;

struct State {
  std::set<AttributeKey> written;
  /// Views on the way into an attribute: there they share memory from call to call, so they are
  /// made by torch.
  std::set<const torch::jit::Value*> stored_views;
  bool empty() const { return written.empty(); }
};

AttributeKey attribute_key(const c10::IValue& object, const std::string& name);

State find_state(const Lowered& lowered, const torch::jit::AliasDb& aliases);

}  // namespace tenon::torchscript
