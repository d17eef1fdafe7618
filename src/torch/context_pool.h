// SPDX-License-Identifier: Apache-2.0
// Free list of contexts of one engine. A call takes one and gives it back, so that as many calls
// run at once as there are callers; the lock is held for a push or a pop only. The pool owns idle
// contexts, a lease owns the one in use. Thread safe.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "tenon/runtime.h"

namespace tenon::torch_bridge {

class ContextPool {
 public:
  explicit ContextPool(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  class Lease {
   public:
    explicit Lease(ContextPool& pool) : pool_(pool), context_(pool.take()) {}
    ~Lease() { pool_.give(std::move(context_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Context* operator->() const { return context_.get(); }

   private:
    ContextPool& pool_;
    std::unique_ptr<Context> context_;
  };

 private:
  // The context used last comes first: it most likely has the caller's shape and warm memory.
  std::unique_ptr<Context> take() {
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto context = std::move(idle_.back());
        idle_.pop_back();
        return context;
      }
    }
    return engine_->create_context();
  }
  void give(std::unique_ptr<Context> context) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(context));
  }

  std::shared_ptr<Engine> engine_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Context>> idle_;
};

}  // namespace tenon::torch_bridge
