// SPDX-License-Identifier: Apache-2.0
#include "partition/unconverted.h"

#include "base/error.h"

namespace tenon::partition {
namespace {

std::string operand(const ir::Node& node, ir::Ref ref) {
  const ir::Value* v = ref.input < 0 ? nullptr : node.input(static_cast<size_t>(ref.input));
  return v ? ir::str(v->type) : "None";
}

std::string argument(const ir::Node& node, const ir::Attr& value) {
  if (const auto* ref = std::get_if<ir::Ref>(&value)) return operand(node, *ref);
  const auto* refs = std::get_if<std::vector<ir::Ref>>(&value);
  if (!refs) return ir::str(value);
  std::string list;
  for (const ir::Ref& r : *refs) list += (list.empty() ? "" : ", ") + operand(node, r);
  return "[" + list + "]";
}

/// The call with what the program gives each argument.
std::string call(const ir::Node& node) {
  std::string arguments, results;
  for (const auto& [name, value] : node.attrs)
    arguments += (arguments.empty() ? "" : ", ") + name + ": " + argument(node, value);
  for (const auto& v : node.outputs()) results += (results.empty() ? "" : ", ") + ir::str(v->type);
  return node.op + "(" + arguments + ") -> " + (results.empty() ? "()" : results);
}

std::string place(const ir::Origin& origin) {
  std::string text = origin.node;
  if (!origin.module.empty()) text += " in " + origin.module;
  if (!origin.location.empty()) text += ", " + origin.location;
  return text;
}

const char* advice(const std::string& reason) {
  if (reason.starts_with("excluded by")) return "take it out of that setting";
  if (reason.find("no converter for") != std::string::npos)
    return "write a converter (docs/user_converters.md), or leave require_full_compilation out: "
           "then it runs in PyTorch";
  return "leave require_full_compilation out: then it runs in PyTorch";
}

}  // namespace

std::string unable_to_convert(const NodeReport& report) {
  const ir::Node& node = *report.node;
  return detail::concat("  Unable to convert node: ", call(node),
                        "\n    where: ", place(node.origin), "\n    why: ", report.reason,
                        "\n    what to do: ", advice(report.reason));
}

}  // namespace tenon::partition
