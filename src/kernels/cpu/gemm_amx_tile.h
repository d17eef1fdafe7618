// SPDX-License-Identifier: Apache-2.0
// The register tiles of gemm_amx.cpp: of AMX, of the vector units, and of both at once. An AMX
// instruction takes 16 cycles, and several times as many when the other hardware thread of the core
// uses AMX, too; meanwhile the core does vector instructions. How many are worth it was found by
// trying: with a sixth of the products on the vector units little is lost on a free core.
//
// On AMX a tile is 32 rows by 32 columns, in four of the eight tile registers; on the vector units
// up to 12 rows by 32 columns, in 24 of 32 registers.
#pragma once

#include "kernels/cpu/gemm_amx.h"
#include "kernels/cpu/gemm_out.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

constexpr int64_t kTile = 16;         // rows of a tile register, and its f32 columns
constexpr int64_t kTileBytes = 1024;  // 16 rows of 32 bf16
constexpr int64_t kLineBytes = 64;    // of a tile register's row, and of the caches
constexpr int kVectorRows = 12;       // of a tile on the vector units

TENON_INLINE void ask_for(const GemmOut& out, int64_t rows) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < kAmxGroup; c += kTile)
      __builtin_prefetch(out.out + r * out.stride + c, 1, 3);
}

// What to bring into L2 while tiles are busy, some lines for each block.
struct Ahead {
  const char *at, *end;
  int64_t lines;
  TENON_INLINE void fetch() {
    for (int64_t i = 0; i < lines && at < end; ++i, at += kLineBytes) __builtin_prefetch(at, 0, 2);
  }
};

// A tile of the vector units: rows of x in f32 by a group of columns.
struct VectorTile {
  const float *x, *w;
  int64_t stride;  // of x
  GemmOut out;
};

// Its sums, a few products at a time.
template <int R>
struct VectorSums {
  static constexpr int kVectors = kAmxGroup / kW;
  vf sums[R][kVectors];
  const float *x, *w;
  int64_t stride;

  TENON_INLINE explicit VectorSums(const VectorTile& t) : x(t.x), w(t.w), stride(t.stride) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] = vf{};
    ask_for(t.out, R);
  }
  TENON_INLINE void add_product() {
    vf b[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) b[v] = load(w + v * kW);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const vf a = splat(x[r * stride]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] = fma(a, b[v], sums[r][v]);
    }
    ++x, w += kAmxGroup;
  }
  template <int kProducts>
  TENON_INLINE void add_products() {
#pragma GCC unroll 4
    for (int i = 0; i < kProducts; ++i) add_product();
  }
  TENON_INLINE void put_into(const GemmOut& out) const {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) put(out, r, v, sums[r][v]);
  }
};
template <>
struct VectorSums<0> {
  TENON_INLINE explicit VectorSums(const VectorTile&) {}
  template <int>
  TENON_INLINE void add_products() {}
  TENON_INLINE void put_into(const GemmOut&) const {}
};

// Without AMX; `products`: how many.
template <int R>
void vector_tile(const VectorTile& t, int64_t products) {
  VectorSums<R> sums(t);
  for (int64_t k = 0; k < products; ++k) sums.add_product();
  sums.put_into(t.out);
}
template <int R = kVectorRows>
void vector_tile_of(int64_t rows, const VectorTile& t, int64_t products) {
  if (rows == R) return vector_tile<R>(t, products);
  if constexpr (R > 1) vector_tile_of<R - 1>(rows, t, products);
}

// 32 products of bf16, and of each two instructions some of the vector units. The sums are in tile
// registers 0 to 3, [rows / 16][columns / 16]; kTwo: there are more than 16 rows.
template <bool kTwo, int kFirst, int kSecond, int R>
TENON_INLINE void multiply(VectorSums<R>& beside) {
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  beside.template add_products<kFirst>();
  if constexpr (kTwo) {
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  beside.template add_products<kSecond>();
}
template <bool kTwo>
TENON_INLINE void load_rows(const char* at) {
  _tile_loadd(4, at, kLineBytes);
  if constexpr (kTwo) _tile_loadd(5, at + kTileBytes, kLineBytes);
}
TENON_INLINE void load_columns(const char* at) {
  _tile_loadd(6, at, kLineBytes);
  _tile_loadd(7, at + kTileBytes, kLineBytes);
}

// One sum of a tile into sums[32][32], and R rows of one on the vector units into its output. The
// small products of a block come first.
template <bool kTwo, int R>
void multiply_tile(const char* x, const char* w, int64_t blocks, float* sums, Ahead& ahead,
                   const VectorTile& vectors) {
  constexpr int64_t kHi = 0, kMid = kAmxPartBytes, kLo = 2 * kAmxPartBytes;
  VectorSums<R> beside(vectors);
  asm volatile("" ::: "memory");  // GCC's tile loads do not say that they read memory
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (kTwo) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t b = 0; b < blocks; ++b, x += kAmxBlockBytes, w += kAmxBlockBytes) {
    load_rows<kTwo>(x + kLo), load_columns(w + kHi), multiply<kTwo, 3, 3>(beside);
    load_rows<kTwo>(x + kMid), multiply<kTwo, 3, 2>(beside);
    load_columns(w + kMid), multiply<kTwo, 3, 2>(beside);
    ahead.fetch();
    load_rows<kTwo>(x + kHi), multiply<kTwo, 3, 3>(beside);
    load_columns(w + kLo), multiply<kTwo, 3, 2>(beside);
    load_columns(w + kHi), multiply<kTwo, 3, 2>(beside);
  }
  constexpr int64_t kStride = kAmxGroup * sizeof(float);
  _tile_stored(0, sums, kStride);
  _tile_stored(1, sums + kTile, kStride);
  if constexpr (kTwo) {
    float* second = sums + kTile * kAmxGroup;
    _tile_stored(2, second, kStride);
    _tile_stored(3, second + kTile, kStride);
  }
  asm volatile("" ::: "memory");
  beside.put_into(vectors.out);
}

}  // namespace
}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
