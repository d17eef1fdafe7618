// SPDX-License-Identifier: Apache-2.0
#include "driver/network_table.h"

#include "base/error.h"
#include "driver/handle_table.h"

namespace tenon::driver {
namespace {

// Lower half of a handle: 0 is the network, then tensors from 1, layers from kLayer.
constexpr Handle kLayer = 1u << 31;

HandleTable<NetworkEntry>& networks() {
  static HandleTable<NetworkEntry> table;
  return table;
}

uint64_t low(Handle h) { return h & 0xffffffffu; }

}  // namespace

NetworkEntry::NetworkEntry() : own_(std::make_unique<INetworkDefinition>()), network_(own_.get()) {}
NetworkEntry::NetworkEntry(INetworkDefinition& network, Conversion* conversion)
    : network_(&network), conversion_(conversion) {}

Handle NetworkEntry::handle_of(ITensor* tensor) {
  if (!tensor) return 0;
  const auto [it, fresh] = known_.emplace(tensor, handle() + tensors_.size() + 1);
  if (fresh) tensors_.push_back(tensor);
  return it->second;
}

Handle NetworkEntry::handle_of(ILayer* layer) {
  const auto [it, fresh] = known_.emplace(layer, handle() + kLayer + layers_.size());
  if (fresh) layers_.push_back(layer);
  return it->second;
}

ITensor& NetworkEntry::tensor(Handle h) const {
  TENON_CHECK(h, "a tensor is missing (handle 0)");
  TENON_CHECK(h >> 32 == id_, "tensor ", h, " belongs to another network, ", h >> 32, ", not ",
              id_);
  TENON_CHECK(low(h) >= 1 && low(h) <= tensors_.size(), "network ", id_, " has no tensor ", h);
  return *tensors_[low(h) - 1];
}

ILayer& NetworkEntry::layer(Handle h) const {
  TENON_CHECK(h >> 32 == id_ && low(h) >= kLayer && low(h) - kLayer < layers_.size(), "network ",
              id_, " has no layer ", h);
  return *layers_[low(h) - kLayer];
}

std::shared_ptr<NetworkEntry> NetworkTable::add(std::shared_ptr<NetworkEntry> entry) {
  entry->id_ = networks().add(entry);
  return entry;
}

std::shared_ptr<NetworkEntry> NetworkTable::find(Handle handle) {
  auto entry = networks().find(handle >> 32);
  TENON_CHECK(entry, "handle ", handle, " belongs to network ", handle >> 32,
              ", which does not exist: it was freed, or its conversion has ended");
  return entry;
}

void NetworkTable::remove(Handle handle) {
  TENON_CHECK(networks().remove(handle >> 32), "network ", handle >> 32, " does not exist");
}

}  // namespace tenon::driver
