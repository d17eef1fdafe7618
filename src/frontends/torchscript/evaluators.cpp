// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/evaluators.h"

#include <mutex>
#include <utility>

#include "base/log.h"

namespace tenon::torchscript {
namespace {

struct Table {
  std::mutex mutex;
  std::vector<std::pair<std::string, Evaluator>> rows;
};

Table& table() {
  static Table t;
  return t;
}

bool means(const std::string& op, const torch::jit::Node* node) {
  if (op == node->kind().toQualString()) return true;
  const auto* schema = node->maybeSchema();
  if (!schema) return false;
  return op == c10::toString(schema->operator_name()) || op == c10::toString(*schema);
}

std::vector<Evaluator> evaluators_of(const torch::jit::Node* node) {
  std::lock_guard lock(table().mutex);
  std::vector<Evaluator> found;
  for (auto row = table().rows.rbegin(); row != table().rows.rend(); ++row)
    if (means(row->first, node)) found.push_back(row->second);
  return found;
}

}  // namespace

void register_evaluator(const std::string& op, Evaluator evaluator) {
  std::lock_guard lock(table().mutex);
  table().rows.emplace_back(op, std::move(evaluator));
}

bool has_evaluator(const torch::jit::Node* node) { return !evaluators_of(node).empty(); }

std::optional<c10::IValue> evaluate_by_user(
    const torch::jit::Node* node, const std::vector<std::optional<c10::IValue>>& arguments) {
  for (const Evaluator& evaluator : evaluators_of(node)) {
    auto value = evaluator(node, arguments);
    if (!value) continue;
    log(LogLevel::kInfo, "a registered evaluator replaces the built-in evaluation of ",
        node->kind().toQualString());
    return value;
  }
  return std::nullopt;
}

}  // namespace tenon::torchscript
