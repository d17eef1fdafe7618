// SPDX-License-Identifier: Apache-2.0
// Which library registers something. Stateless.
#pragma once

#include <dlfcn.h>

#include <filesystem>
#include <string>

namespace tenon::torch_bridge {

/// The file name of the library with the code at `address`. It is never unloaded from now on, as
/// the function that it registers lies in it.
inline std::string library_of(void* address) {
  Dl_info info{};
  if (!dladdr(address, &info) || !info.dli_fname || !*info.dli_fname) return "the program";
  dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);  // fails for a program: no harm
  return std::filesystem::path(info.dli_fname).filename().string();
}

}  // namespace tenon::torch_bridge
