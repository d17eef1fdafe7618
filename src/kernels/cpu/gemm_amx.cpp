// SPDX-License-Identifier: Apache-2.0
// f32 matrix products on AMX, the matrix unit of x86, which multiplies bf16 and adds in f32. Each
// f32 number is split into three bf16 whose sum it is: hi + mid + lo, 8 bits of the significand
// each. Of the nine products of two such numbers the three smallest, together below 2^-25 of the
// product, are left out; so the error is that of f32. (G. Henry, P. Tang, A. Heinecke: Leveraging
// the bfloat16 Artificial Intelligence Datatype For Higher-Precision Computations, ARITH 2019.)
// Weights come split, the input is split here, some rows at a time. What the split cannot hold is
// multiplied in f32 (amx_range).
//
// A register tile is 32 rows by 32 columns, in four of the eight tile registers; it adds up kDeep
// products, which are then added to the output.
#include "kernels/cpu/gemm_amx.h"

#include "kernels/cpu/isa.h"
#if defined(__AMX_BF16__)
#include "kernels/cpu/gemm_out.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

constexpr int64_t kTile = 16;                  // rows of a tile register, and its f32 columns
constexpr int64_t kTileBytes = 1024;           // 16 rows of 32 bf16
constexpr int64_t kLineBytes = 64;             // of a tile register's row, and of the caches
constexpr int64_t kMostRows = 12 * kAmxGroup;  // split at a time
constexpr int64_t kDeep = 12 * kAmxBlock;      // products of a sum; of kMostRows: 864 KiB of L2
constexpr int64_t kFlagBytes = 64;             // room for those of kMostRows
constexpr int64_t kMostShared = 4 << 20;       // bytes, about what two cores have in L2
constexpr int64_t kAhead = 9;                  // lines to ask for in the time of a block

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

// The sums are in tile registers 0 to 3, [rows / 16][columns / 16].
template <bool kTwo>
TENON_INLINE void multiply() {
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  if constexpr (kTwo) {
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
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

// What to bring into L2 while tiles are busy.
struct Ahead {
  const char *at, *end;
  TENON_INLINE void fetch() {
    for (int64_t i = 0; i < kAhead && at < end; ++i, at += kLineBytes) __builtin_prefetch(at, 0, 2);
  }
};

// One sum of a tile into sums[32][32]; kTwo: of more than 16 rows. The small products of a block
// come first.
template <bool kTwo>
void multiply_tile(const char* x, const char* w, int64_t blocks, float* sums, Ahead& ahead) {
  constexpr int64_t kHi = 0, kMid = kAmxPartBytes, kLo = 2 * kAmxPartBytes;
  asm volatile("" ::: "memory");  // GCC's tile loads do not say that they read memory
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (kTwo) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t b = 0; b < blocks; ++b, x += kAmxBlockBytes, w += kAmxBlockBytes) {
    load_rows<kTwo>(x + kLo), load_columns(w + kHi), multiply<kTwo>();
    load_rows<kTwo>(x + kMid), multiply<kTwo>();
    load_columns(w + kMid), multiply<kTwo>();
    ahead.fetch();
    load_rows<kTwo>(x + kHi), multiply<kTwo>();
    load_columns(w + kLo), multiply<kTwo>();
    load_columns(w + kHi), multiply<kTwo>();
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
}

TENON_INLINE void ask_for(const GemmOut& out, int64_t rows) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < kAmxGroup; c += kTile)
      __builtin_prefetch(out.out + r * out.stride + c, 1, 3);
}

void put_sums(const GemmOut& out, int64_t rows, const float* sums) {
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < kAmxGroup / kW; ++v) put(out, r, v, load(sums + r * kAmxGroup + v * kW));
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

// All rows, products [k, k + kDeep), in a buffer of [kDeep products](flags, groups).
SplitRows in_shared(const GemmArgs& a, int64_t k, char* shared) {
  const int64_t groups = (a.rows + kAmxGroup - 1) / kAmxGroup;
  shared += k / kDeep * (kFlagBytes + groups * (kDeep / kAmxBlock) * kAmxBlockBytes);
  return {0,
          a.rows,
          k,
          least(a.depth, k + kDeep),
          reinterpret_cast<bool*>(shared),
          shared + kFlagBytes};
}

// The plain rows times a group of columns, whose first block of these products is at w; `next`:
// the group that comes after it.
void add_group(const GemmArgs& a, const SplitRows& x, const char* w, const char* next,
               int64_t column) {
  alignas(64) float sums[kAmxGroup * kAmxGroup];
  Ahead ahead{next, next + x.group_bytes()};
  for (int64_t r = x.row, g = 0; r < x.row_end; r += kAmxGroup, ++g) {
    if (!x.plain[g]) continue;
    const char* parts = x.parts + g * x.group_bytes();
    const int64_t rows = least(kAmxGroup, x.row_end - r);
    const GemmOut out = gemm_out(a, r, column, a.columns - column, x.k == 0);
    ask_for(out, rows);
    if (rows > kTile) {
      multiply_tile<true>(parts, w, x.blocks(), sums, ahead);
    } else {
      multiply_tile<false>(parts, w, x.blocks(), sums, ahead);
    }
    put_sums(out, rows, sums);
  }
}

// The f32 numbers whose parts are in the lower or in the upper halves of a tile's rows.
TENON_INLINE vf join(const char* at, bool upper) {
  vf sum = {};
  for (int64_t part = 2; part >= 0; --part) {
    const words both = _mm512_loadu_si512(at + part * kAmxPartBytes);
    const words bits =
        upper ? _mm512_and_si512(both, _mm512_set1_epi32(-0x10000)) : _mm512_slli_epi32(both, 16);
    sum = part == 2 ? (vf)bits : sum + (vf)bits;
  }
  return sum;
}

// The products [k, k_end) of a panel in f32 -> [product][column]; `panel`: its first block.
void join_panel(const char* panel, const AmxSizes& sizes, int64_t k, int64_t k_end, float* to) {
  for (int64_t at = k; at < k_end; ++at, to += kPanel) {
    const int64_t in_block = at % kAmxBlock;
    const char* row = panel + at / kAmxBlock * kAmxBlockBytes + in_block % kTile * kLineBytes;
    for (int64_t c = 0; c < kPanel; c += kTile) {
      const int64_t tile = c / kAmxGroup * sizes.group_bytes() + c % kAmxGroup / kTile * kTileBytes;
      store(to + c, join(row + tile, in_block >= kTile));
    }
  }
}

// What AMX cannot multiply: panels, or rows, out of its range. `joined`: room for kDeep products.
void add_in_f32(const GemmArgs& a, const SplitRows& x, const char* weights, bool split,
                const AmxSizes& sizes, int64_t panel, float* joined) {
  const float* w = split ? nullptr : reinterpret_cast<const float*>(weights) + x.k * kPanel;
  for (int64_t r = x.row, g = 0; r < x.row_end; r += kAmxGroup, ++g) {
    if (split && x.plain[g]) continue;
    if (!w) join_panel(weights, sizes, x.k, x.k_end, joined), w = joined;
    avx512::gemm_fns().add_products(a, w, r, least(x.row_end, r + kAmxGroup), panel, x.k, x.k_end);
  }
}

// All eight registers hold 16 rows of 64 bytes.
struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

int64_t rows_at_a_time(int64_t rows) {
  const int64_t parts = (rows + kMostRows - 1) / kMostRows;
  return round_up((rows + parts - 1) / parts, kAmxGroup);
}

int64_t shared_bytes(int64_t rows, int64_t depth) {
  if (rows > kMostRows) return 0;
  const int64_t groups = (rows + kAmxGroup - 1) / kAmxGroup;
  const int64_t bytes =
      round_up(depth, kDeep) / kDeep * (kFlagBytes + groups * kDeep / kAmxBlock * kAmxBlockBytes);
  return bytes <= kMostShared ? bytes : 0;
}

void split(const GemmArgs& a, int64_t row, int64_t row_end, char* shared) {
  for (int64_t k = 0; k < a.depth; k += kDeep) in_shared(a, k, shared).fill(a, row, row_end);
}

constexpr int64_t kJoinedBytes = kDeep * kPanel * sizeof(float);

int64_t scratch_bytes(int64_t rows, int64_t depth) {
  if (rows == 0) return kJoinedBytes;
  const int64_t blocks = (least(depth, kDeep) + kAmxBlock - 1) / kAmxBlock;
  return kJoinedBytes + kFlagBytes + rows_at_a_time(rows) / kAmxGroup * blocks * kAmxBlockBytes;
}

// Split rows times the panels [panel, panel_end).
void add_products(const GemmArgs& a, const SplitRows& x, const char* weights, int64_t panel,
                  int64_t panel_end, float* joined) {
  const AmxSizes sizes{a.columns, a.depth};
  for (int64_t p = panel; p < panel_end; ++p) {
    const char* parts = weights + p * sizes.panel_bytes();
    const bool split = weights[sizes.flags_at() + p];
    const int64_t columns = least(kPanel, a.columns - p * kPanel);
    for (int64_t c = 0; split && c < columns; c += kAmxGroup) {
      const char* w =
          parts + c / kAmxGroup * sizes.group_bytes() + x.k / kAmxBlock * kAmxBlockBytes;
      add_group(a, x, w, w + sizes.group_bytes(), p * kPanel + c);
    }
    add_in_f32(a, x, parts, split, sizes, p, joined);
    if (a.activation && x.k_end == a.depth) activate(a, x.row, x.row_end, p);
  }
}

void block(const GemmArgs& a, const char* weights, int64_t row, int64_t row_end, int64_t panel,
           int64_t panel_end, char* shared, char* scratch) {
  if (row >= row_end) return;
  static constexpr TileConfig kConfig;
  _tile_loadconfig(&kConfig);
  auto* joined = reinterpret_cast<float*>(scratch);
  char* own = scratch + kJoinedBytes;
  const int64_t rows = shared ? a.rows : rows_at_a_time(row_end - row);
  for (int64_t r = row; r < row_end; r += rows) {
    for (int64_t k = 0; k < a.depth; k += kDeep) {
      const SplitRows x = shared ? in_shared(a, k, shared)
                                 : SplitRows{r,
                                             least(row_end, r + rows),
                                             k,
                                             least(a.depth, k + kDeep),
                                             reinterpret_cast<bool*>(own),
                                             own + kFlagBytes};
      if (!shared) x.fill(a, x.row, x.row_end);
      add_products(a, x, weights, panel, panel_end, joined);
    }
  }
  _tile_release();
}

constexpr AmxFns kFns{&shared_bytes, &split, &scratch_bytes, &block};

}  // namespace
}  // namespace tenon::kernels::TENON_ISA_NAMESPACE

namespace tenon::kernels {
const AmxFns& amx_fns() { return TENON_ISA_NAMESPACE::kFns; }
}  // namespace tenon::kernels
#else
namespace tenon::kernels {
const AmxFns& amx_fns() {  // kernels::amx() is false
  static constexpr AmxFns kNone{};
  return kNone;
}
}  // namespace tenon::kernels
#endif
