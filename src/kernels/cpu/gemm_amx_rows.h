// SPDX-License-Identifier: Apache-2.0
// Input rows for gemm_amx.cpp, in three bf16 parts.
#pragma once

#include "kernels/cpu/gemm_amx_tile.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

typedef __m512i words;

struct Parts {
  words hi, mid, lo;  // each two bf16: of `low` in the low halves, of `high` in the high ones
};

struct Rounded {
  words hi, mid, lo;  // the upper halves of f32 numbers
};

// Ties are rounded away from zero: what is left is exact all the same.
TENON_INLINE Rounded split(vf x) {
  const words half = _mm512_set1_epi32(0x8000), upper = _mm512_set1_epi32(-0x10000);
  const auto rounded = [&](__m512 v) {
    return _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(v), half), upper);
  };
  const words hi = rounded(x);
  const __m512 rest = _mm512_sub_ps(x, _mm512_castsi512_ps(hi));
  const words mid = rounded(rest);
  return {hi, mid, _mm512_castps_si512(_mm512_sub_ps(rest, _mm512_castsi512_ps(mid)))};
}

TENON_INLINE Parts split_pair(vf low, vf high) {
  const Rounded a = split(low), b = split(high);
  const words upper = _mm512_set1_epi32(-0x10000);
  // (low >> 16) | (high & upper)
  const auto pair = [&](words l, words h) {
    return _mm512_ternarylogic_epi32(_mm512_srli_epi32(l, 16), h, upper, 0xf8);
  };
  return {pair(a.hi, b.hi), pair(a.mid, b.mid), pair(a.lo, b.lo)};
}

// Products [k, k_end) of up to 32 rows -> [block][part][tile][row][32]; the words of a row are the
// products k and k + 16, k + 1 and k + 17, ... of a block.
bool split_rows(const GemmArgs& a, int64_t row, int64_t row_end, int64_t k, int64_t k_end,
                char* to) {
  bool plain = true;
  for (int64_t r = 0; r < kAmxGroup; ++r, to += kLineBytes) {
    words largest = _mm512_setzero_si512();
    const auto see = [&](vf x) {
      const words bits = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
      largest = _mm512_max_epu32(largest, bits);
    };
    const bool there = row + r < row_end;
    const float* x = a.x + (row + r) * a.depth;
    char* block = to;
    for (int64_t at = k; at < k_end; at += kAmxBlock, block += kAmxBlockBytes) {
      const vf low = there ? load_some(x + at, k_end - at) : vf{};
      const vf high = there ? load_some(x + at + kTile, k_end - at - kTile) : vf{};
      see(low), see(high);
      const Parts p = split_pair(low, high);
      _mm512_store_si512(block, p.hi);
      _mm512_store_si512(block + kAmxPartBytes, p.mid);
      _mm512_store_si512(block + 2 * kAmxPartBytes, p.lo);
    }
    plain = plain && amx_range(_mm512_reduce_max_epu32(largest));
  }
  return plain;
}

// Some rows and products of x, split.
struct SplitRows {
  int64_t row, row_end, k, k_end;
  bool* plain;  // of groups of 32 rows: AMX can multiply them
  char* parts;  // of the groups

  int64_t groups() const { return (row_end - row + kAmxGroup - 1) / kAmxGroup; }
  int64_t blocks() const { return (k_end - k + kAmxBlock - 1) / kAmxBlock; }
  int64_t group_bytes() const { return blocks() * kAmxBlockBytes; }
  void fill(const GemmArgs& a, int64_t from, int64_t to) const {
    for (int64_t r = from; r < to; r += kAmxGroup) {
      const int64_t g = (r - row) / kAmxGroup;
      plain[g] = split_rows(a, r, row_end, k, k_end, parts + g * group_bytes());
    }
  }
};

}  // namespace
}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
