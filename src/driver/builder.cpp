// SPDX-License-Identifier: Apache-2.0
// The public builder: network + configuration -> plan bytes.
#include "tenon/builder.h"

#include <array>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "driver/compile.h"
#include "engine/build/build.h"
#include "net/network_impl.h"

namespace tenon {

// ---- profile

struct IOptimizationProfile::Impl {
  std::map<std::string, std::array<std::optional<Dims>, 3>> dims;
};

IOptimizationProfile::IOptimizationProfile() : impl_(std::make_unique<Impl>()) {}
IOptimizationProfile::~IOptimizationProfile() = default;

void IOptimizationProfile::setDimensions(const char* name, OptProfileSelector select,
                                         const Dims& dims) {
  for (int64_t d : net::to_ints(dims))
    TENON_CHECK(d >= 0, "profile of input '", name, "': size ", d, ", wanted at least 0");
  impl_->dims[name][static_cast<size_t>(select)] = dims;
}

Dims IOptimizationProfile::getDimensions(const char* name, OptProfileSelector select) const {
  const auto it = impl_->dims.find(name);
  const auto found =
      it == impl_->dims.end() ? std::nullopt : it->second[static_cast<size_t>(select)];
  Dims none;
  none.nbDims = -1;
  return found.value_or(none);
}

// ---- config

struct IBuilderConfig::Impl {
  Options options;
  const IOptimizationProfile* profile = nullptr;
};

IBuilderConfig::IBuilderConfig() : impl_(std::make_unique<Impl>()) {}
IBuilderConfig::~IBuilderConfig() = default;

void IBuilderConfig::setTimingCachePath(const char* path) {
  impl_->options.timing_cache_path = path;
}
const char* IBuilderConfig::getTimingCachePath() const {
  return impl_->options.timing_cache_path.c_str();
}

void IBuilderConfig::setBuilderOptimizationLevel(int32_t level) {
  TENON_CHECK(level >= 0 && level <= 5, "the optimization level is ", level, ", wanted 0 to 5");
  impl_->options.optimization_level = level;
}

int32_t IBuilderConfig::getBuilderOptimizationLevel() const {
  return static_cast<int32_t>(impl_->options.optimization_level);
}

int32_t IBuilderConfig::addOptimizationProfile(const IOptimizationProfile* profile) {
  TENON_CHECK(profile, "the optimization profile is null");
  TENON_CHECK(!impl_->profile, "a second optimization profile: a plan has one");
  impl_->profile = profile;
  return 0;
}

int32_t IBuilderConfig::getNbOptimizationProfiles() const { return impl_->profile ? 1 : 0; }

// ---- builder

struct IBuilder::Impl {
  std::vector<std::unique_ptr<IOptimizationProfile>> profiles;
};

IBuilder::IBuilder() : impl_(std::make_unique<Impl>()) {}
IBuilder::~IBuilder() = default;

std::unique_ptr<IBuilder> createBuilder() { return std::unique_ptr<IBuilder>(new IBuilder); }

std::unique_ptr<INetworkDefinition> IBuilder::createNetworkV2(uint32_t) {
  return std::make_unique<INetworkDefinition>();
}

std::unique_ptr<IBuilderConfig> IBuilder::createBuilderConfig() {
  return std::unique_ptr<IBuilderConfig>(new IBuilderConfig);
}

IOptimizationProfile* IBuilder::createOptimizationProfile() {
  impl_->profiles.emplace_back(new IOptimizationProfile);
  return impl_->profiles.back().get();
}

namespace {

/// Sizes of an input in the profile at min, opt and max.
std::array<Dims, 3> profile_of(const ir::Value& in, const IOptimizationProfile* profile) {
  std::array<Dims, 3> all;
  static constexpr const char* kNames[] = {"kMIN", "kOPT", "kMAX"};
  for (size_t k = 0; k < 3; ++k) {
    TENON_CHECK(profile, "input '", in.name, "' is ", str(in.type),
                ", which has run-time sizes: add an optimization profile with its dimensions");
    all[k] = profile->getDimensions(in.name.c_str(), static_cast<OptProfileSelector>(k));
    TENON_CHECK(all[k].nbDims >= 0, "the optimization profile has no ", kNames[k],
                " dimensions for input '", in.name, "' ", str(in.type));
    TENON_CHECK(static_cast<size_t>(all[k].nbDims) == in.type.shape.size(),
                "the optimization profile's ", kNames[k], " for input '", in.name, "' has ",
                all[k].nbDims, " dims, wanted those of ", str(in.type));
  }
  return all;
}

void check_fixed(const ir::Value& in, size_t d, const ir::SymRange& range) {
  const int64_t size = in.type.shape[d].value();
  TENON_CHECK(range.min == size && range.opt == size && range.max == size,
              "the optimization profile's dim ", d, " of input '", in.name, "' is ", range.min,
              ", ", range.opt, ", ", range.max, ", wanted the fixed size ", size);
}

/// The profile's ranges for the symbols of the inputs.
ir::SymRanges ranges_of(const ir::Graph& graph, const IOptimizationProfile* profile) {
  ir::SymRanges ranges;
  for (const auto& in : graph.inputs()) {
    if (is_static(in->type.shape)) continue;
    const std::array<Dims, 3> dims = profile_of(*in, profile);
    for (size_t d = 0; d < in->type.shape.size(); ++d) {
      const ir::SymRange range{dims[0].d[d], dims[1].d[d], dims[2].d[d]};
      if (in->type.shape[d].is_const()) {
        check_fixed(*in, d, range);
        continue;
      }
      const std::string symbol = in->type.shape[d].as_symbol();
      TENON_CHECK(range.min <= range.opt && range.opt <= range.max,
                  "the optimization profile's dim ", d, " of input '", in->name, "' is ", range.min,
                  ", ", range.opt, ", ", range.max, ", wanted min <= opt <= max");
      const auto [it, fresh] = ranges.emplace(symbol, range);
      TENON_CHECK(fresh || it->second == range, "size '", symbol, "' has two ranges: [",
                  it->second.min, ", ", it->second.opt, ", ", it->second.max, "] and, from input '",
                  in->name, "', [", range.min, ", ", range.opt, ", ", range.max, "]");
    }
  }
  return ranges;
}

/// A build that succeeded is not lost for want of a cache.
void save(engine::TimingCache& cache) {
  try {
    cache.save();
  } catch (const Error& e) {
    log(LogLevel::kWarning, "the timing cache was not saved: ", e.what());
  }
}

}  // namespace

PlanBytes driver::build_network(INetworkDefinition& network, const Options& options,
                                const IOptimizationProfile* profile) {
  ir::Graph graph = network.impl().finished();
  graph.symbols = ranges_of(graph, profile);
  const std::string path = timing_cache_path(options);
  const auto cache = path.empty() ? nullptr : engine::TimingCache::open(path);
  const engine::BuildResult built = engine::build_engine(std::move(graph), options, cache.get());
  if (cache) save(*cache);
  return engine::write_plan(built.content);
}

std::unique_ptr<IHostMemory> IBuilder::buildSerializedNetwork(INetworkDefinition& network,
                                                              IBuilderConfig& config) {
  return std::make_unique<IHostMemory>(
      driver::build_network(network, config.impl().options, config.impl().profile));
}

}  // namespace tenon
