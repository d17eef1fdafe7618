// SPDX-License-Identifier: Apache-2.0
// The objects that the C ABI has given out numbers for. A number is never given twice, so that a
// stale one is found out. Thread safe; an object lives on while a caller still holds it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace tenon::driver {

template <typename T>
class HandleTable {
 public:
  /// The object's number, from 1.
  uint64_t add(std::shared_ptr<T> object) {
    const std::lock_guard lock(mutex_);
    objects_.emplace(next_, std::move(object));
    return next_++;
  }
  /// Null if there is none of that number.
  std::shared_ptr<T> find(uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(number);
    return it == objects_.end() ? nullptr : it->second;
  }
  /// The object that was removed, or null. Its end comes outside the lock.
  std::shared_ptr<T> remove(uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto node = objects_.extract(number);
    return node ? std::move(node.mapped()) : nullptr;
  }

 private:
  std::mutex mutex_;
  std::map<uint64_t, std::shared_ptr<T>> objects_;
  uint64_t next_ = 1;
};

}  // namespace tenon::driver
