// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/origin.h"

#include <torch/csrc/jit/ir/scope.h>

namespace tenon::torchscript {
namespace {

/// "__torch__.torchvision.models.resnet.___torch_mangle_3.BasicBlock" ->
/// "torchvision...BasicBlock".
std::string plain_class(std::string name) {
  const std::string kRoot = "__torch__.";
  if (name.rfind(kRoot, 0) == 0) name.erase(0, kRoot.size());
  for (size_t at; (at = name.find("___torch_mangle_")) != std::string::npos;) {
    const size_t dot = name.find('.', at);
    name.erase(at, dot == std::string::npos ? dot : dot + 1 - at);
  }
  return name;
}

/// A tracer's scope: "__module.layer1/__module.layer1.0"; the last names the module.
std::string traced_path(const torch::jit::Node* node) {
  const std::string scope = node->scopeName(), kRoot = "__module.";
  const std::string last = scope.substr(scope.rfind('/') + 1);
  return last.rfind(kRoot, 0) == 0 ? last.substr(kRoot.size()) : "";
}

}  // namespace

std::string location_of(const torch::jit::Node* node) {
  const auto place = node->sourceRange().file_line_col();
  if (place) {
    const auto& [file, line, column] = *place;
    return file.substr(file.rfind('/') + 1) + ":" + std::to_string(line);
  }
  // A traced node has a Python stack instead: "/path/resnet.py(96): forward".
  const std::string text = node->sourceRange().str();
  const size_t open = text.find('('), close = text.find("):", open);
  if (open == std::string::npos || close == std::string::npos || text.find('\n') < open) return "";
  const size_t slash = text.rfind('/', open);
  const size_t begin = slash == std::string::npos ? 0 : slash + 1;
  return text.substr(begin, open - begin) + ":" + text.substr(open + 1, close - open - 1);
}

ir::Origin origin_of(const torch::jit::Node* node,
                     std::unordered_map<std::string, std::string>* classes) {
  ir::Origin origin;
  origin.location = location_of(node);
  if (const auto* schema = node->maybeSchema())
    origin.op = c10::toString(schema->operator_name());
  else
    origin.op = node->kind().toQualString();
  const auto stack = node->callstack();
  if (stack) {
    for (auto entry = *stack;; entry = *entry->callee()) {
      const auto instance = entry->module_instance();
      if (instance && instance->class_type() && entry->function_name() == "forward") {
        std::string name = instance->instance_name();
        if (name.rfind("self.", 0) == 0) name.erase(0, 5);
        if (!name.empty() && name != "self")
          origin.module += (origin.module.empty() ? "" : ".") + name;
        if (classes && !origin.module.empty() && instance->class_type()->name())
          classes->emplace(origin.module,
                           plain_class(instance->class_type()->name()->qualifiedName()));
      }
      if (!entry->callee()) break;
    }
  }
  if (origin.module.empty()) origin.module = traced_path(node);
  return origin;
}

}  // namespace tenon::torchscript
