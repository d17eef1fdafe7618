// SPDX-License-Identifier: Apache-2.0
// torchtrtc: compiles saved models without Python. Exit status 0: done, and the result agrees with
// the original; 1: anything else, with one line that says what. The output appears whole or not.
#include <dlfcn.h>

#include <cstdio>
#include <exception>

#include "arguments.h"
#include "commands.h"

namespace torchtrtc {
namespace {

using torch_tensorrt::Error;

void load_libraries(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    // Without a slash a name is searched for in the system's folders only.
    const std::string name = path.find('/') == std::string::npos ? "./" + path : path;
    if (!::dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL))
      throw Error("cannot load " + path + ": " + ::dlerror());
  }
}

int run(const Arguments& arguments) {
  load_libraries(arguments.libraries);
  const FileKind kind = kind_of(arguments.input);
  if (arguments.embed_engine) {
    if (kind != FileKind::kEngine)
      throw Error("--embed-engine: " + arguments.input + " is no serialized engine");
    embed_engine(arguments);
    return 0;
  }
  if (kind == FileKind::kEngine)
    throw Error(arguments.input + " is a serialized engine; --embed-engine puts it into a module");
  if (!arguments.method_to_check.empty()) {
    if (kind != FileKind::kScript)
      throw Error("--check-method-support is for TorchScript; see --dryrun for a .pt2");
    const bool all = check_method_support(arguments);
    std::printf("'%s' %s\n", arguments.method_to_check.c_str(),
                all ? "can be converted whole" : "has ops that cannot be converted");
    return all ? 0 : 1;
  }
  kind == FileKind::kProgram ? compile_program(arguments) : compile_script(arguments);
  return 0;
}

}  // namespace
}  // namespace torchtrtc

int main(int argc, char** argv) {
  try {
    const auto arguments = torchtrtc::parse(argc, argv);
    return arguments ? torchtrtc::run(*arguments) : 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "torchtrtc: error: %s\n", e.what());
    return 1;
  }
}
