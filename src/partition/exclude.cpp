// SPDX-License-Identifier: Apache-2.0
#include "partition/exclude.h"

namespace tenon::partition {
namespace {

/// "torch.ops.aten.relu.default", "aten::relu" -> "aten.relu".
std::string normalised(std::string op) {
  for (const char* prefix : {"torch.ops.", "torch._ops."})
    if (op.rfind(prefix, 0) == 0) op = op.substr(std::string(prefix).size());
  size_t colons = op.find("::");
  if (colons != std::string::npos) op.replace(colons, 2, ".");
  const std::string kDefault = ".default";
  if (op.size() > kDefault.size() &&
      op.compare(op.size() - kDefault.size(), kDefault.size(), kDefault) == 0)
    op.resize(op.size() - kDefault.size());
  return op;
}

/// "aten.add.Tensor" -> "aten.add".
std::string without_overload(const std::string& op) {
  size_t first = op.find('.'),
         second = first == std::string::npos ? first : op.find('.', first + 1);
  return second == std::string::npos ? op : op.substr(0, second);
}

}  // namespace

Support allowed_by_user(const ir::Node& node, const Options& options) {
  for (const std::string& text : options.torch_executed_ops) {
    std::string want = normalised(text);
    for (const std::string& op : {normalised(node.op), normalised(node.origin.op)})
      if (op == want || without_overload(op) == want)
        return Support::no("excluded by torch_executed_ops: '" + text + "'");
  }
  for (const std::string& module : options.torch_executed_modules) {
    const std::string& path = node.origin.module;
    if (path == module || path.rfind(module + ".", 0) == 0)
      return Support::no("excluded by torch_executed_modules: '" + module + "'");
  }
  return Support::yes();
}

}  // namespace tenon::partition
