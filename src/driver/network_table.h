// SPDX-License-Identifier: Apache-2.0
// The numbers by which the C ABI knows networks, tensors and layers. A handle holds the number of
// its network in the upper half, so that a stale or foreign one is found out; numbers are never
// given twice. The table is thread safe; a network in it is used from one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "convert/converter.h"
#include "tenon/network.h"

namespace tenon::driver {

using Handle = uint64_t;

/// A network in the table: its own, or attached to a conversion, which it does not outlive.
class NetworkEntry {
 public:
  /// A conversion: the context, the node, and what the callback has handed over so far.
  struct Conversion {
    convert::Ctx& ctx;
    const ir::Node& node;
    std::vector<std::shared_ptr<const void>> kept = {};  // data that was handed out
    std::vector<ITensor*> results = {};
  };

  NetworkEntry();
  NetworkEntry(INetworkDefinition& network, Conversion* conversion);

  INetworkDefinition& network() const { return *network_; }
  /// Null for a network of its own.
  Conversion* conversion() const { return conversion_; }

  Handle handle() const { return id_ << 32; }
  Handle handle_of(ITensor* tensor);  // 0 for null
  Handle handle_of(ILayer* layer);
  /// An Error names a handle of another network or kind.
  ITensor& tensor(Handle handle) const;
  ITensor* tensor_or_null(Handle handle) const { return handle ? &tensor(handle) : nullptr; }
  ILayer& layer(Handle handle) const;

 private:
  friend class NetworkTable;
  std::unique_ptr<INetworkDefinition> own_;
  INetworkDefinition* network_;
  Conversion* conversion_ = nullptr;
  uint64_t id_ = 0;
  std::vector<ITensor*> tensors_;
  std::vector<ILayer*> layers_;
  std::unordered_map<const void*, Handle> known_;
};

class NetworkTable {
 public:
  static std::shared_ptr<NetworkEntry> add(std::shared_ptr<NetworkEntry> entry);
  /// The network that any of its handles belongs to; Error if it is gone.
  static std::shared_ptr<NetworkEntry> find(Handle handle);
  static void remove(Handle handle);
};

}  // namespace tenon::driver
