// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace tenon {

std::shared_ptr<void> make_buffer(size_t bytes) {
  constexpr std::align_val_t kAlign{64};
  if (bytes < kOwnPages) {
    void* p = ::operator new(std::max<size_t>(bytes, 1), kAlign, std::nothrow);
    TENON_CHECK(p, "no memory for a buffer of ", bytes, " bytes");
    return {p, [](void* q) { ::operator delete(q, kAlign); }};
  }
  // All of it will be written: its pages come in one call, not in one fault each.
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
  void* p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  TENON_CHECK(p != MAP_FAILED, "no memory for a buffer of ", bytes, " bytes");
  return {p, [bytes](void* q) { ::munmap(q, bytes); }};
}

}  // namespace tenon
