// SPDX-License-Identifier: Apache-2.0
// A JSON file {"format": 1, "library": version and build, "cpu": model, "entries": {key: {kernel:
// us}}}. Entries of another build of the library, whose kernels may be others, or of another CPU
// are not used.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/build_id.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "engine/build/build.h"
#include "kernels/kernel.h"

namespace tenon::engine {
namespace {

using nlohmann::json;
using Times = std::vector<std::pair<std::string, double>>;
constexpr int kFormat = 1;
constexpr size_t kMaxFileBytes = 64u << 20;

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  std::string model, line;
  while (std::getline(info, line)) {
    bool wanted = line.rfind("model name", 0) == 0 || line.rfind("cpu family", 0) == 0 ||
                  line.rfind("model\t", 0) == 0 || line.rfind("stepping", 0) == 0;
    size_t colon = line.find(':');
    if (wanted && colon != std::string::npos) model += line.substr(colon + 1);
    if (line.empty()) break;
  }
  return model;
}

std::string library() {
  static_cast<void>(kernels::load_plugins());  // their builds count too, if they are there
  return std::string(version()) + " " + build_id();
}

/// The entries of a cache file that belong to this machine and library.
std::map<std::string, Times> read_entries(const std::string& path) {
  std::map<std::string, Times> entries;
  std::error_code none;
  if (!std::filesystem::exists(path, none)) return entries;
  try {
    TENON_CHECK(std::filesystem::file_size(path) <= kMaxFileBytes, "it is larger than ",
                kMaxFileBytes, " bytes");
    json root = json::parse(read_file(path));
    TENON_CHECK(root.at("format").get<int>() == kFormat, "it has another format");
    if (root.at("library").get<std::string>() != library() ||
        root.at("cpu").get<std::string>() != cpu_model()) {
      log(LogLevel::kInfo, "timing cache '", path,
          "' is of another build of the library or CPU; not used");
      return entries;
    }
    for (const auto& [key, kernels] : root.at("entries").items()) {
      Times times;
      for (const auto& [name, us] : kernels.items()) {
        times.emplace_back(name, us.get<double>());
        TENON_CHECK(times.back().second >= 0, "a time is negative");
      }
      entries[key] = std::move(times);
    }
  } catch (const std::exception& e) {
    log(LogLevel::kWarning, "timing cache '", path,
        "' is damaged and will be replaced: ", e.what());
    entries.clear();
  }
  return entries;
}

}  // namespace

struct TimingCache::Impl {
  std::string path;
  std::map<std::string, Times> entries;
  bool changed = false;
};

TimingCache::TimingCache(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TimingCache::~TimingCache() = default;

std::unique_ptr<TimingCache> TimingCache::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->entries = read_entries(path);
  return std::unique_ptr<TimingCache>(new TimingCache(std::move(impl)));
}

const Times* TimingCache::find(const std::string& key) const {
  auto it = impl_->entries.find(key);
  return it == impl_->entries.end() ? nullptr : &it->second;
}

void TimingCache::insert(const std::string& key, Times times) {
  impl_->entries[key] = std::move(times);
  impl_->changed = true;
}

void TimingCache::save() {
  if (!impl_->changed) return;
  // Another process may have added entries since: its entries stay unless we timed the same
  // problem.
  auto merged = read_entries(impl_->path);
  for (const auto& [key, times] : impl_->entries) merged[key] = times;
  json root = {{"format", kFormat}, {"library", library()}, {"cpu", cpu_model()}};
  json& entries = root["entries"] = json::object();
  for (const auto& [key, times] : merged)
    for (const auto& [name, us] : times) entries[key][name] = us;
  std::error_code none;
  std::filesystem::path parent = std::filesystem::path(impl_->path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, none);
  write_file_atomic(impl_->path, root.dump(-1, ' ', false, json::error_handler_t::replace));
  impl_->changed = false;
}

}  // namespace tenon::engine
