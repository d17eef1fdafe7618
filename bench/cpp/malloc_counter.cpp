// SPDX-License-Identifier: Apache-2.0
#include "malloc_counter.h"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

// The C library's own functions, under the names that are not interposed.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);
}

namespace {

struct Place {
  std::atomic<uintptr_t> address{0};
  std::atomic<int64_t> calls{0};
};

constexpr int kPlaces = 256;
Place places[kPlaces + 1];  // the last one stands for all others

Place& place_of(uintptr_t address) {
  for (int i = 0; i < kPlaces; ++i) {
    uintptr_t seen = places[i].address.load(std::memory_order_relaxed);
    if (seen == 0 && places[i].address.compare_exchange_strong(seen, address)) return places[i];
    if (seen == address) return places[i];
  }
  places[kPlaces].address.store(1, std::memory_order_relaxed);
  return places[kPlaces];
}

void count(void* caller) {
  place_of(reinterpret_cast<uintptr_t>(caller)).calls.fetch_add(1, std::memory_order_relaxed);
}

void* checked(void* p) {
  if (!p) throw std::bad_alloc();
  return p;
}

using Dlopen = void* (*)(const char*, int);

}  // namespace

#define COUNT() count(__builtin_return_address(0))

extern "C" {

void malloc_counter_reset() {
  for (Place& place : places) {
    place.calls.store(0, std::memory_order_relaxed);
    place.address.store(0, std::memory_order_relaxed);
  }
}

int64_t malloc_counter_calls() {
  int64_t sum = 0;
  for (const Place& place : places) sum += place.calls.load(std::memory_order_relaxed);
  return sum;
}

uintptr_t malloc_counter_caller(int i, int64_t* calls) {
  if (i < 0 || i > kPlaces) return 0;
  *calls = places[i].calls.load(std::memory_order_relaxed);
  return places[i].address.load(std::memory_order_relaxed);
}

void* dlopen(const char* path, int flags) {
  static const auto next = reinterpret_cast<Dlopen>(dlsym(RTLD_NEXT, "dlopen"));
  static const bool plain = std::getenv("MALLOC_COUNTER_PLAIN_DLOPEN") != nullptr;
  return next(path, plain ? flags & ~RTLD_DEEPBIND : flags);
}

void* malloc(size_t size) {
  COUNT();
  return __libc_malloc(size);
}

void* calloc(size_t number, size_t size) {
  COUNT();
  return __libc_calloc(number, size);
}

void* realloc(void* old, size_t size) {
  COUNT();
  return __libc_realloc(old, size);
}

void* memalign(size_t alignment, size_t size) {
  COUNT();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  COUNT();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** out, size_t alignment, size_t size) {
  COUNT();
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  void* p = __libc_memalign(alignment, size);
  if (!p) return ENOMEM;
  *out = p;
  return 0;
}

void free(void* p) { __libc_free(p); }

}  // extern "C"

void* operator new(size_t size) {
  COUNT();
  return checked(__libc_malloc(size));
}
void* operator new[](size_t size) {
  COUNT();
  return checked(__libc_malloc(size));
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  COUNT();
  return __libc_malloc(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  COUNT();
  return __libc_malloc(size);
}
void* operator new(size_t size, std::align_val_t alignment) {
  COUNT();
  return checked(__libc_memalign(static_cast<size_t>(alignment), size));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  COUNT();
  return checked(__libc_memalign(static_cast<size_t>(alignment), size));
}
void operator delete(void* p) noexcept { __libc_free(p); }
void operator delete[](void* p) noexcept { __libc_free(p); }
void operator delete(void* p, size_t) noexcept { __libc_free(p); }
void operator delete[](void* p, size_t) noexcept { __libc_free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { __libc_free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { __libc_free(p); }
void operator delete(void* p, std::align_val_t) noexcept { __libc_free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { __libc_free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { __libc_free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { __libc_free(p); }
