// SPDX-License-Identifier: Apache-2.0
// f32 matrix products on AMX, the matrix unit of x86, which multiplies bf16 and adds in f32. Each
// f32 number is split into three bf16 whose sum it is: hi + mid + lo, 8 bits of the significand
// each. Of the nine products of two such numbers the three smallest, together below 2^-25 of the
// product, are left out; so the error is that of f32. (G. Henry, P. Tang, A. Heinecke: Leveraging
// the bfloat16 Artificial Intelligence Datatype For Higher-Precision Computations, ARITH 2019.)
// Weights come split, the input is split here, some rows at a time. What the split cannot hold is
// multiplied in f32 (amx_range).
//
// A sixth of the columns is multiplied by the vector units meanwhile (gemm_amx_tile.h). A tile
// adds up kDeep products, which are then added to the output.
#include "kernels/cpu/gemm_amx.h"

#include "kernels/cpu/isa.h"
#if defined(__AMX_BF16__)
#include "kernels/cpu/gemm_amx_rows.h"
#include "kernels/cpu/gemm_amx_tile.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

constexpr int64_t kMostRows = 12 * kAmxGroup;  // split at a time
constexpr int64_t kDeep = 12 * kAmxBlock;      // products of a sum; of kMostRows: 864 KiB of L2
constexpr int64_t kFlagBytes = 64;             // room for those of kMostRows
constexpr int64_t kMostShared = 4 << 20;       // bytes, about what two cores have in L2

void put_sums(const GemmOut& out, int64_t rows, const float* sums) {
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < kAmxGroup / kW; ++v) put(out, r, v, load(sums + r * kAmxGroup + v * kW));
}

// Rows of all those in a buffer of [kDeep products](flags, groups), products [k, k + kDeep).
SplitRows in_shared(const GemmArgs& a, int64_t row, int64_t row_end, int64_t k, char* shared) {
  const int64_t groups = (a.rows + kAmxGroup - 1) / kAmxGroup;
  shared += k / kDeep * (kFlagBytes + groups * (kDeep / kAmxBlock) * kAmxBlockBytes);
  SplitRows x{row,
              row_end,
              k,
              least(a.depth, k + kDeep),
              reinterpret_cast<bool*>(shared),
              shared + kFlagBytes};
  x.plain += row / kAmxGroup, x.parts += row / kAmxGroup * x.group_bytes();
  return x;
}

struct Weights {
  const char* data;
  AmxSizes sizes;

  bool has_parts(int64_t group) const { return data[sizes.flags_at() + group]; }
  // A group's from product k on.
  const char* at(int64_t group, int64_t k) const {
    const int64_t block = has_parts(group) ? kAmxBlockBytes : kAmxVectorBytes;
    return data + sizes.group_at(group) + k / kAmxBlock * block;
  }
};

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

// The products [k, k_end) of a group in f32 -> [product][column]; `parts`: its first block of them.
void join_group(const char* parts, int64_t k, int64_t k_end, float* to) {
  for (int64_t i = 0; i < k_end - k; ++i, to += kAmxGroup) {
    const char* row = parts + i / kAmxBlock * kAmxBlockBytes + i % kTile * kLineBytes;
    const bool upper = i % kAmxBlock >= kTile;
    for (int64_t c = 0; c < kAmxGroup; c += kTile)
      store(to + c, join(row + c / kTile * kTileBytes, upper));
  }
}

// Some rows and products, split, times the columns of a unit.
class Unit {
 public:
  Unit(const GemmArgs& a, const SplitRows& x, const Weights& weights, int64_t unit)
      : a_(a),
        x_(x),
        weights_(weights),
        first_(unit * kAmxGroups),
        end_(least(first_ + kAmxGroups, weights.sizes.groups())),
        beside_(both_at_once()) {}

  // `joined`: room for kDeep products of a group in f32.
  void add_products(float* joined) const {
    for (int64_t g = first_; g < end_; ++g)
      if (weights_.has_parts(g)) add_parts(g);
    for (int64_t g = first_; g < end_; ++g) add_rest(g, joined);
  }

 private:
  bool both_at_once() const {
    bool all = end_ - first_ == kAmxGroups && (x_.k_end - x_.k) % kAmxBlock == 0;
    for (int64_t g = first_; all && g < end_ - 1; ++g) all = weights_.has_parts(g);
    return all;
  }
  // The vector units' columns are multiplied beside those of AMX.
  bool beside(int64_t rows_of, int64_t rows) const {
    return beside_ && x_.plain[rows_of] && rows == kAmxGroup;
  }
  int64_t rows_from(int64_t row) const { return least(kAmxGroup, x_.row_end - row); }
  GemmOut out(int64_t group, int64_t row) const {
    const int64_t column = group * kAmxGroup;
    return gemm_out(a_, row, column, a_.columns - column, x_.k == 0);
  }
  VectorTile vectors(int64_t group, const float* w, int64_t row) const {
    return {a_.x + row * a_.depth + x_.k, w, a_.depth, out(group, row)};
  }
  const float* f32(int64_t group) const {
    return reinterpret_cast<const float*>(weights_.at(group, x_.k));
  }

  // The next group for AMX, shared out over this one's tiles.
  Ahead ahead(int64_t group) const {
    const int64_t next = group + (AmxSizes::for_vectors(group + 1) ? 2 : 1);
    if (next >= weights_.sizes.groups()) return {};
    const char* at = weights_.at(next, x_.k);
    const int64_t bytes = x_.group_bytes();
    return {at, at + bytes, bytes / kLineBytes / (x_.groups() * x_.blocks()) + 1};
  }

  // A tile on AMX and, of the vector units' group of columns, part `part` of the 32 rows.
  void multiply_beside(const char* x, const char* w, int64_t row, int64_t part, float* sums,
                       Ahead& ahead) const {
    constexpr int64_t kParts = kAmxGroups - 1, kRows = kAmxGroup / kParts,
                      kLonger = kAmxGroup % kParts;  // parts with a row more
    const int64_t from = part * kRows + least(part, kLonger);
    const VectorTile v = vectors(end_ - 1, f32(end_ - 1), row + from);
    if (part < kLonger)
      multiply_tile<true, kRows + 1>(x, w, x_.blocks(), sums, ahead, v);
    else
      multiply_tile<true, kRows>(x, w, x_.blocks(), sums, ahead, v);
  }

  // The plain rows times a group of columns that has parts.
  void add_parts(int64_t group) const {
    alignas(64) float sums[kAmxGroup * kAmxGroup];
    const char* w = weights_.at(group, x_.k);
    Ahead ahead = this->ahead(group);
    for (int64_t r = x_.row, i = 0; r < x_.row_end; r += kAmxGroup, ++i) {
      if (!x_.plain[i]) continue;
      const char* x = x_.parts + i * x_.group_bytes();
      const int64_t rows = rows_from(r);
      const GemmOut to = out(group, r);
      ask_for(to, rows);
      if (beside(i, rows)) {
        multiply_beside(x, w, r, group - first_, sums, ahead);
      } else if (rows > kTile) {
        multiply_tile<true, 0>(x, w, x_.blocks(), sums, ahead, {});
      } else {
        multiply_tile<false, 0>(x, w, x_.blocks(), sums, ahead, {});
      }
      put_sums(to, rows, sums);
    }
  }

  // On the vector units alone what was not multiplied yet.
  void add_rest(int64_t group, float* joined) const {
    const bool parts = weights_.has_parts(group);
    const float* w = parts ? nullptr : f32(group);
    for (int64_t r = x_.row, i = 0; r < x_.row_end; r += kAmxGroup, ++i) {
      const int64_t rows = rows_from(r);
      if (parts ? x_.plain[i] : group == end_ - 1 && beside(i, rows)) continue;
      if (!w) join_group(weights_.at(group, x_.k), x_.k, x_.k_end, joined), w = joined;
      for (int64_t at = 0; at < rows; at += kVectorRows)
        vector_tile_of(least(kVectorRows, rows - at), vectors(group, w, r + at), x_.k_end - x_.k);
    }
  }

  const GemmArgs& a_;
  const SplitRows& x_;
  const Weights& weights_;
  const int64_t first_, end_;  // groups
  const bool beside_;
};

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
  for (int64_t k = 0; k < a.depth; k += kDeep)
    in_shared(a, row, row_end, k, shared).fill(a, row, row_end);
}

constexpr int64_t kJoinedBytes = kDeep * kAmxGroup * sizeof(float);

int64_t scratch_bytes(int64_t rows, int64_t depth) {
  if (rows == 0) return kJoinedBytes;
  const int64_t blocks = (least(depth, kDeep) + kAmxBlock - 1) / kAmxBlock;
  return kJoinedBytes + kFlagBytes + rows_at_a_time(rows) / kAmxGroup * blocks * kAmxBlockBytes;
}

void block(const GemmArgs& a, const char* weights, int64_t row, int64_t row_end, int64_t unit,
           int64_t unit_end, char* shared, char* scratch) {
  if (row >= row_end) return;
  static constexpr TileConfig kConfig;
  _tile_loadconfig(&kConfig);
  auto* joined = reinterpret_cast<float*>(scratch);
  char* own = scratch + kJoinedBytes;
  const Weights w{weights, {a.columns, a.depth}};
  const int64_t rows = shared ? row_end - row : rows_at_a_time(row_end - row);
  for (int64_t r = row; r < row_end; r += rows) {
    const int64_t r_end = least(row_end, r + rows);
    for (int64_t k = 0; k < a.depth; k += kDeep) {
      const int64_t k_end = least(a.depth, k + kDeep);
      const SplitRows x =
          shared ? in_shared(a, r, r_end, k, shared)
                 : SplitRows{r, r_end, k, k_end, reinterpret_cast<bool*>(own), own + kFlagBytes};
      if (!shared) x.fill(a, r, r_end);
      for (int64_t u = unit; u < unit_end; ++u) {
        Unit(a, x, w, u).add_products(joined);
        if (a.activation && k_end == a.depth) activate(a, r, r_end, u * kAmxUnit, kAmxUnit);
      }
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
