// SPDX-License-Identifier: Apache-2.0
// What amx_linear.cpp and gemm_amx.cpp share: f32 products on AMX, in three bf16 parts.
#pragma once

#include "kernels/cpu/gemm.h"

namespace tenon::kernels {

/// Weights for AMX and the vector units at the same time, [kAmxUnit columns][group]: of the groups
/// of kAmxGroup columns the last of six is for the vector units, in f32, [product][column]. The
/// others are for AMX, in three bf16 whose sum they are, [block][part][tile][16][16][2]: a block
/// has kAmxBlock products, a part is hi, mid or lo, a tile 16 columns, and the innermost two are
/// the products k and k + 16 of a block. A group that AMX cannot multiply (amx_range) has f32 in
/// the place of the parts. Zeros fill the last group and block up. Behind the groups a byte for
/// each: 1 if it has parts, 0 if it has f32.
constexpr int64_t kAmxGroup = 32;
constexpr int64_t kAmxGroups = 6;  // of a unit
constexpr int64_t kAmxUnit = kAmxGroups * kAmxGroup;
constexpr int64_t kAmxBlock = 32;
constexpr int64_t kAmxPartBytes = kAmxGroup * kAmxBlock * 2;
constexpr int64_t kAmxBlockBytes = 3 * kAmxPartBytes;
constexpr int64_t kAmxVectorBytes = kAmxGroup * kAmxBlock * 4;  // a block in f32

/// What AMX can multiply as f32 does: rows and columns that are all zero, or whose largest
/// magnitude (given as its bits) is in [2^-40, 2^55). Then there is no infinity or NaN, no sum
/// overflows, and what AMX takes for zero, parts and products below 2^-126, is less than 2^-45 of
/// the largest product.
constexpr bool amx_range(uint32_t largest) {
  return largest == 0 || (largest >= (127u - 40) << 23 && largest < (127u + 55) << 23);
}

struct AmxSizes {
  int64_t columns, depth;
  static constexpr bool for_vectors(int64_t group) { return group % kAmxGroups == kAmxGroups - 1; }
  int64_t groups() const { return (columns + kAmxGroup - 1) / kAmxGroup; }
  int64_t blocks() const { return (depth + kAmxBlock - 1) / kAmxBlock; }
  int64_t group_at(int64_t group) const {
    const int64_t for_vectors = group / kAmxGroups;
    return blocks() * (group * kAmxBlockBytes - for_vectors * (kAmxBlockBytes - kAmxVectorBytes));
  }
  int64_t flags_at() const { return group_at(groups()); }
  int64_t bytes() const { return flags_at() + groups(); }
};

struct AmxFns {
  /// What split() writes; 0: block() had better split rows itself.
  int64_t (*shared_bytes)(int64_t rows, int64_t depth);
  /// Splits rows [row, row_end), `row` a multiple of kAmxGroup, for every block().
  void (*split)(const GemmArgs& args, int64_t row, int64_t row_end, char* shared);
  /// What block() needs for so many rows of its own, none if all are shared.
  int64_t (*scratch_bytes)(int64_t rows, int64_t depth);
  /// GemmFns::block with weights as above and, for panels, units of kAmxUnit columns; args.panels
  /// is not read. `row` is a multiple of kAmxGroup. `shared`: of all rows, or null. Both buffers
  /// are aligned to 64 bytes.
  void (*block)(const GemmArgs& args, const char* weights, int64_t row, int64_t row_end,
                int64_t unit, int64_t unit_end, char* shared, char* scratch);
};
const AmxFns& amx_fns();  // if kernels::amx()

}  // namespace tenon::kernels
