// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/origin.h"

#include <algorithm>

namespace tenon::frontends {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_torch_file(std::string_view path) {
  return path.rfind("torch/", 0) == 0 || path.find("/torch/nn/") != kNone ||
         path.find("/torch/fx/") != kNone;
}

/// `File "PATH", line N...`: splits a frame line. Other lines give false.
bool read_frame(std::string_view line, std::string_view* path, std::string_view* number) {
  constexpr std::string_view kFile = "File \"", kLine = "\", line ";
  const size_t begin = line.find_first_not_of(' ');
  if (begin == kNone || line.substr(begin, kFile.size()) != kFile) return false;
  const size_t from = begin + kFile.size(), to = line.find(kLine, from);
  if (to == kNone) return false;
  *path = line.substr(from, to - from);
  const std::string_view rest = line.substr(to + kLine.size());
  *number = rest.substr(0, rest.find_first_not_of("0123456789"));
  return !number->empty();
}

/// `key,path,class`; torch's placeholder for "no stack known" gives false.
bool read_call(std::string_view entry, ModuleCall* call) {
  if (entry.rfind("_empty_nn_module_stack", 0) == 0) return false;
  const size_t first = entry.find(',');
  const size_t second = first == kNone ? kNone : entry.find(',', first + 1);
  if (second == kNone) return false;
  call->path = entry.substr(first + 1, second - first - 1);
  call->class_name = entry.substr(second + 1);
  return true;
}

}  // namespace

std::vector<ModuleCall> module_stack(std::string_view stack) {
  std::vector<ModuleCall> calls;
  while (!stack.empty()) {
    const size_t end = std::min(stack.find(';'), stack.size());
    ModuleCall call;
    if (read_call(stack.substr(0, end), &call)) calls.push_back(std::move(call));
    stack.remove_prefix(std::min(end + 1, stack.size()));
  }
  return calls;
}

std::string source_location(std::string_view trace) {
  std::string user, any;
  for (size_t at = 0; at < trace.size();) {
    const size_t end = std::min(trace.find('\n', at), trace.size());
    std::string_view path, number;
    if (read_frame(trace.substr(at, end - at), &path, &number)) {
      const size_t slash = path.rfind('/');
      any = std::string(slash == kNone ? path : path.substr(slash + 1));
      any.append(":").append(number);
      if (!is_torch_file(path)) user = any;
    }
    at = end + 1;
  }
  return user.empty() ? any : user;
}

}  // namespace tenon::frontends
