// SPDX-License-Identifier: Apache-2.0
#include "frontends/program_text.h"

#include <map>

#include "ir/pass.h"
#include "ir/text.h"

namespace tenon::test {

std::string program_text(const ir::Program& program) {
  ir::verify(program.graph);
  std::string text = ir::print(program.graph);
  for (const auto& p : program.in_place) text += "in place: " + p.node + " of " + p.target + "\n";
  const std::map<std::string, std::string> pinned(program.pinned.begin(), program.pinned.end());
  for (const auto& [name, reason] : pinned) text += "pinned: " + name + ": " + reason + "\n";
  for (const auto& name : program.outputs) text += "output: " + (name.empty() ? "-" : name) + "\n";
  return text;
}

}  // namespace tenon::test
