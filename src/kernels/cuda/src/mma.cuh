// SPDX-License-Identifier: Apache-2.0
// Tensor core instructions of sm_80 and later for f16 and bf16, and asynchronous copies to shared
// memory. Shared addresses are the 32-bit ones of shared_address().
#pragma once
#include "common.cuh"
#include "mma_maps.cuh"

DEVICE u32 shared_address(const void* p) { return (u32)__cvta_generic_to_shared(p); }

/// Copies 16 bytes, or writes 16 zero bytes where !valid. Both addresses are 16-byte aligned.
DEVICE void copy_async16(u32 to, const void* from, bool valid) {
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes)
               : "memory");
}
DEVICE void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Waits until at most N of the groups committed last are under way.
template <int N>
DEVICE void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

DEVICE void ldmatrix4(u32 (&r)[4], u32 address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}
DEVICE void ldmatrix4_trans(u32 (&r)[4], u32 address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

/// Two neighbouring 16-bit elements, which lie at a multiple of 4 bytes where `aligned`.
DEVICE u32 load_pair(const u16* p, bool aligned) {
  if (aligned) return *(const u32*)p;
  return (u32)p[0] | (u32)p[1] << 16;
}
DEVICE void store_pair(u16* p, u32 pair, bool aligned) {
  if (aligned) {
    *(u32*)p = pair;
  } else {
    p[0] = (u16)pair;
    p[1] = (u16)(pair >> 16);
  }
}

/// d += a * b with a 16 x 16, b 16 x 8, d 16 x 8 as mma_maps.cuh has them.
template <typename T>
struct Mma;
template <>
struct Mma<f16> {
  DEVICE void add(f32 (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
  /// Two values side by side, `low` at the lower address.
  DEVICE u32 pack(f32 low, f32 high) {
    u32 r;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
    return r;
  }
};
template <>
struct Mma<bf16> {
  DEVICE void add(f32 (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
  DEVICE u32 pack(f32 low, f32 high) {
    u32 r;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
    return r;
  }
};
