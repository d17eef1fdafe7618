// SPDX-License-Identifier: Apache-2.0
#include "torch/profile.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"

namespace tenon::torch_bridge {
namespace {

void write_file(const std::string& path, const std::string& text) {
  const std::string draft = path + ".tmp";
  {
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    out << text;
    TENON_CHECK(out.good(), "cannot write ", draft);
  }
  std::error_code error;
  std::filesystem::rename(draft, path, error);
  TENON_CHECK(!error, "cannot write ", path, ": ", error.message());
}

}  // namespace

Profile::Profile(std::string folder, std::string name, const std::string& layer_info)
    : folder_(std::move(folder)), name_(std::move(name)) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  TENON_CHECK(!error, "cannot create the folder ", folder_, " for profiles: ", error.message());
  write_file(folder_ + "/" + name_ + "_layer_information.json", layer_info);
}

void Profile::add(const std::vector<LayerTime>& layers) {
  std::lock_guard lock(mutex_);
  for (const LayerTime& layer : layers) {
    auto [it, is_new] = index_.try_emplace(layer.name, totals_.size());
    if (is_new) totals_.push_back({layer.name, 0, 0});
    totals_[it->second].duration_us += layer.duration_us;
  }
  write_trace();
}

void Profile::write_trace() const {
  nlohmann::json events = nlohmann::json::array();
  double start = 0;
  for (const LayerTime& layer : totals_) {
    events.push_back({{"name", layer.name},
                      {"ph", "X"},
                      {"ts", start},
                      {"dur", layer.duration_us},
                      {"tid", 1},
                      {"pid", name_ + " Engine Execution"},
                      {"args", nlohmann::json::object()}});
    start += layer.duration_us;
  }
  write_file(folder_ + "/" + name_ + "_engine_execution_profile.trace", events.dump(1));
}

}  // namespace tenon::torch_bridge
