// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <string>

#include "kernels/kernel.h"

namespace tenon::kernels {

namespace {

constexpr const char* kPluginName = "libtenon_onednn.so";
constexpr const char* kPluginEntry = "tenon_register_kernels";

// RTLD_DEEPBIND keeps the plug-in's oneDNN apart from one that the process already has;
// AddressSanitizer cannot work with it.
constexpr int open_flags() {
#if defined(__SANITIZE_ADDRESS__)
  return RTLD_NOW | RTLD_LOCAL;
#else
  return RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif
}

std::string last_dl_error() {
  const char* text = dlerror();
  return text ? text : "unknown error of the dynamic linker";
}

std::string folder_of_this_library() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<const void*>(&kPluginName), &info) || !info.dli_fname) return {};
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Support open_plugin() {
  const std::string folder = folder_of_this_library();
  if (folder.empty()) return Support::no("the place of libtenon.so is unknown");
  void* library = dlopen((folder + "/" + kPluginName).c_str(), open_flags());
  if (!library) return Support::no(last_dl_error());
  auto entry = reinterpret_cast<void (*)()>(dlsym(library, kPluginEntry));
  if (!entry) return Support::no(last_dl_error());
  entry();
  return Support::yes();
}

}  // namespace

Support load_plugins() {
  static const Support result = open_plugin();
  return result;
}

}  // namespace tenon::kernels
