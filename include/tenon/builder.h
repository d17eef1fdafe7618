// SPDX-License-Identifier: Apache-2.0
// Network -> plan. IBuilder makes networks, configurations and profiles; buildSerializedNetwork
// optimises, selects kernels by timing and returns the plan, which Engine::load (runtime.h) runs.
// Mistakes and failures throw tenon::Error. A builder may be used from one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "tenon/network.h"
#include "tenon/runtime.h"

namespace tenon {

enum class OptProfileSelector : int32_t { kMIN = 0, kOPT = 1, kMAX = 2 };

/// The sizes that run-time dimensions may take: from kMIN to kMAX, fast at kOPT.
class TENON_API IOptimizationProfile {
 public:
  ~IOptimizationProfile();
  void setDimensions(const char* inputName, OptProfileSelector select, const Dims& dims);
  /// nbDims is -1 if they have not been set.
  Dims getDimensions(const char* inputName, OptProfileSelector select) const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  friend class IBuilder;
  IOptimizationProfile();
  std::unique_ptr<Impl> impl_;
};

class TENON_API IBuilderConfig {
 public:
  ~IBuilderConfig();
  /// File that remembers kernel timings; "" (the default): one in the temporary folder, "none":
  /// off.
  void setTimingCachePath(const char* path);
  const char* getTimingCachePath() const;
  /// 0: no timing, first candidate; 1-2: fewer timing runs; 3 (the default) to 5: full timing.
  void setBuilderOptimizationLevel(int32_t level);
  int32_t getBuilderOptimizationLevel() const;
  /// A plan has one profile. Returns its index, 0; adding a second one throws.
  int32_t addOptimizationProfile(const IOptimizationProfile* profile);
  int32_t getNbOptimizationProfiles() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  friend class IBuilder;
  IBuilderConfig();
  std::unique_ptr<Impl> impl_;
};

/// The bytes of a plan.
class TENON_API IHostMemory {
 public:
  explicit IHostMemory(PlanBytes bytes) : bytes_(std::move(bytes)) {}
  const void* data() const { return bytes_.data.get(); }
  size_t size() const { return bytes_.size; }
  DataType type() const { return DataType::kINT8; }
  /// Shares the bytes: Engine::load(memory->bytes()) needs no copy.
  const PlanBytes& bytes() const { return bytes_; }

 private:
  PlanBytes bytes_;
};

class TENON_API IBuilder {
 public:
  ~IBuilder();
  IBuilder(const IBuilder&) = delete;
  IBuilder& operator=(const IBuilder&) = delete;

  /// `flags` is accepted for source compatibility; batch is always explicit and types are strong.
  std::unique_ptr<INetworkDefinition> createNetworkV2(uint32_t flags = 0);
  std::unique_ptr<IBuilderConfig> createBuilderConfig();
  /// Owned by the builder.
  IOptimizationProfile* createOptimizationProfile();
  /// The network is left as it is and can be built again.
  std::unique_ptr<IHostMemory> buildSerializedNetwork(INetworkDefinition& network,
                                                      IBuilderConfig& config);

 private:
  friend TENON_API std::unique_ptr<IBuilder> createBuilder();
  IBuilder();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

TENON_API std::unique_ptr<IBuilder> createBuilder();

}  // namespace tenon
