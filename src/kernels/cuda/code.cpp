// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/code.h"

#include <filesystem>

#include "base/cuda_api.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "kernels/cuda/sources.h"

namespace tenon::kernels {
namespace {

constexpr size_t kMaxCubinBytes = 64u << 20;
// An ELF file for CUDA: what a cache file must at least begin with.
constexpr std::string_view kElf = "\177ELF";

void check(nvrtcResult code, const char* what) {
  TENON_CHECK(code == NVRTC_SUCCESS, what, " failed: ", cuda::nvrtc().nvrtcGetErrorString(code));
}

struct Program {
  nvrtcProgram handle = nullptr;
  ~Program() {
    if (handle) cuda::nvrtc().nvrtcDestroyProgram(&handle);
  }
};

std::string log_of(const Program& program) {
  size_t size = 0;
  if (cuda::nvrtc().nvrtcGetProgramLogSize(program.handle, &size) != NVRTC_SUCCESS || size == 0)
    return {};
  std::string text(size, '\0');
  if (cuda::nvrtc().nvrtcGetProgramLog(program.handle, text.data()) != NVRTC_SUCCESS) return {};
  return text.c_str();
}

}  // namespace

std::vector<SourceVariant>& source_variants() {
  static auto* const all = new std::vector<SourceVariant>;
  return *all;
}

std::string_view source_file(const std::string& name) {
  for (const EmbeddedSource& s : embedded_sources())
    if (s.name == name) return s.text;
  throw Error("there is no device source '" + name + "'");
}

std::string architecture(int sm) {
  // The "a" targets have the instructions of that chip alone (wgmma); code for them runs only
  // there.
  return sm == 90 ? "sm_90a" : "sm_" + std::to_string(sm);
}

std::string compile_code(const CodeSource& source, const std::string& arch) {
  const cuda::Nvrtc& nvrtc = cuda::nvrtc();
  std::vector<const char*> header_texts, header_names;
  for (const EmbeddedSource& s : embedded_sources()) {
    if (!s.name.ends_with(".cuh")) continue;
    header_names.push_back(s.name.data());
    header_texts.push_back(s.text.data());
  }
  Program program;
  check(nvrtc.nvrtcCreateProgram(&program.handle, source.text.c_str(), source.name.c_str(),
                                 static_cast<int>(header_texts.size()), header_texts.data(),
                                 header_names.data()),
        "nvrtcCreateProgram");
  std::vector<std::string> options = {"--gpu-architecture=" + arch, "--std=c++17",
                                      "--extra-device-vectorization"};
  for (const std::string& d : source.defines) options.push_back("-D" + d);
  std::vector<const char*> raw;
  for (const std::string& o : options) raw.push_back(o.c_str());
  const nvrtcResult code =
      nvrtc.nvrtcCompileProgram(program.handle, static_cast<int>(raw.size()), raw.data());
  TENON_CHECK(code == NVRTC_SUCCESS, "device code '", source.name, "' does not compile for ", arch,
              ":\n", log_of(program));
  size_t size = 0;
  check(nvrtc.nvrtcGetCUBINSize(program.handle, &size), "nvrtcGetCUBINSize");
  std::string cubin(size, '\0');
  check(nvrtc.nvrtcGetCUBIN(program.handle, cubin.data()), "nvrtcGetCUBIN");
  return cubin;
}

CodeStore::CodeStore(int sm, bool may_compile, std::string cache_folder)
    : arch_(architecture(sm)), may_compile_(may_compile), cache_folder_(std::move(cache_folder)) {}

CodeStore::~CodeStore() {
  for (auto& [key, e] : entries_)
    if (e.module) cuda::driver().cuModuleUnload(e.module);
}

std::string CodeStore::key_of(const CodeSource& source) const {
  Digest digest;
  const auto feed = [&](std::string_view text) {
    const uint64_t size = text.size();
    digest.feed(&size, sizeof size);
    digest.feed(text.data(), text.size());
  };
  feed(arch_);
  feed(source.text);
  for (const std::string& d : source.defines) feed(d);
  for (const EmbeddedSource& s : embedded_sources())
    if (s.name.ends_with(".cuh") && source.text.find(s.name) != std::string::npos) feed(s.text);
  return digest.hex();
}

std::string CodeStore::cached_or_compiled(const CodeSource& source, const std::string& key) const {
  const std::string path = cache_folder_.empty() ? "" : cache_folder_ + "/" + key + ".cubin";
  std::error_code none;
  if (!path.empty() && std::filesystem::exists(path, none) &&
      std::filesystem::file_size(path, none) <= kMaxCubinBytes) {
    // The file's name is the digest of the source; its end holds the digest of its own bytes.
    std::string bytes = read_file(path);
    const size_t mark = Digest().hex().size();
    if (bytes.size() > mark && bytes.starts_with(kElf)) {
      const std::string want = bytes.substr(bytes.size() - mark);
      bytes.resize(bytes.size() - mark);
      Digest digest;
      digest.feed(bytes.data(), bytes.size());
      if (digest.hex() == want) return bytes;
    }
    log(LogLevel::kWarning, "cached device code '", path, "' is damaged and is compiled again");
  }
  std::string bytes = compile_code(source, arch_);
  if (!path.empty()) {
    Digest digest;
    digest.feed(bytes.data(), bytes.size());
    std::filesystem::create_directories(cache_folder_, none);
    write_file_atomic(path, bytes + digest.hex());
  }
  return bytes;
}

CodeStore::Entry& CodeStore::entry(const CodeSource& source) {
  const std::string key = key_of(source);
  auto it = entries_.find(key);
  if (it != entries_.end()) return it->second;
  TENON_CHECK(may_compile_, "the plan holds no device code for '", source.name,
              "' (compiled by another version of this library?); build the engine again");
  return entries_[key] = Entry{cached_or_compiled(source, key)};
}

void CodeStore::add(DeviceCode code) {
  std::lock_guard<std::mutex> lock(mutex_);
  entries_[code.key].bytes = std::move(code.bytes);
}

CUfunction CodeStore::function(const CodeSource& source, const std::string& function) {
  std::lock_guard<std::mutex> lock(mutex_);
  Entry& e = entry(source);
  cuda::make_current();
  if (!e.module) {
    const CUresult code = cuda::driver().cuModuleLoadData(&e.module, e.bytes.data());
    TENON_CHECK(code == CUDA_SUCCESS, "the device code of '", source.name,
                "' cannot be loaded: ", cuda::error_text(code));
  }
  CUfunction f = nullptr;
  TENON_CU(cuModuleGetFunction, &f, e.module, function.c_str());
  return f;
}

std::vector<DeviceCode> CodeStore::used() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<DeviceCode> all;
  for (const auto& [key, e] : entries_) all.push_back({key, e.bytes});
  return all;
}

}  // namespace tenon::kernels
