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

/// "m.sub.Block" is meant by itself and by "Block".
bool names_class(const std::string& want, const std::string& full) {
  const size_t dot = full.rfind('.');
  return want == full || (dot != std::string::npos && full.compare(dot + 1, full.npos, want) == 0);
}

/// `want` is the module at `path` or one around it, or the class of such a one.
bool is_inside(const ir::Program& program, const std::string& path, const std::string& want) {
  if (path == want || path.rfind(want + ".", 0) == 0) return true;
  for (size_t end = path.size();; end = path.rfind('.', end - 1)) {
    if (end == std::string::npos) end = 0;
    const auto found = program.module_classes.find(path.substr(0, end));
    if (found != program.module_classes.end() && names_class(want, found->second)) return true;
    if (end == 0) return false;
  }
}

}  // namespace

Support allowed_by_user(const ir::Program& program, const ir::Node& node, const Options& options) {
  for (const std::string& text : options.torch_executed_ops) {
    std::string want = normalised(text);
    for (const std::string& op : {normalised(node.op), normalised(node.origin.op)})
      if (op == want || without_overload(op) == want)
        return Support::no("excluded by torch_executed_ops: '" + text + "'");
  }
  for (const std::string& module : options.torch_executed_modules) {
    if (is_inside(program, node.origin.module, module))
      return Support::no("excluded by torch_executed_modules: '" + module + "'");
  }
  return Support::yes();
}

}  // namespace tenon::partition
