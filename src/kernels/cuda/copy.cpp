// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/copy.h"

#include <algorithm>

#include "kernels/cuda/sources.h"

namespace tenon::kernels::cuda_kernels {
namespace {

constexpr size_t kCopies = 8;     // of one launch
constexpr int64_t kLong = 65536;  // elements: a second launch for the rest of a row pays
constexpr int64_t kLeast = 16;    // rows and columns that are worth a transpose

// Host twins of src/copy.cu.
struct Copy {
  char* to;
  const char* from;
  int64_t strides[2][kMaxRank];
  Divider dims[kMaxRank];
  uint32_t items, first_block;
  int32_t rank, unused;
};
struct CopyParams {
  Copy copies[kCopies];
  int32_t count;
  uint32_t per_thread;
};
struct FlatParams {
  char* to;
  const char* from;
  int64_t items;
};
struct TransposeParams {
  char* to;
  const char* from;
  int64_t to_row, from_column;
  int64_t strides[2][kMaxRank];
  Divider dims[kMaxRank];
  int64_t rows, columns;
  int32_t rank, unused;
};
static_assert(sizeof(Copy) == 256 && sizeof(CopyParams) == 2056 && sizeof(TransposeParams) == 280);

int log2_of(int64_t power) { return __builtin_ctzll(static_cast<uint64_t>(power)); }
uintptr_t number(const void* p) { return reinterpret_cast<uintptr_t>(p); }

const RegisterSources sources(std::vector<SourceVariant>{{"copy.cu", {}}});

}  // namespace

int transposed_dim(const Space& space) {
  const size_t last = space.dims.size() - 1;
  const Ints &to = space.strides[0], &from = space.strides[1];
  if (to[last] != 1 || from[last] == 0 || from[last] == 1 || space.dims[last] < kLeast) return -1;
  for (size_t d = 0; d < last; ++d) {
    if (from[d] == 1 && space.dims[d] >= kLeast) return static_cast<int>(d);
  }
  return -1;
}

bool can_widen(const Space& space, uintptr_t to, uintptr_t from, int64_t bytes, int64_t size) {
  const int64_t factor = bytes / size;
  if (factor <= 1) return factor == 1;
  return space.inner() % factor == 0 && aligned_for(space, 0, to, factor, size) &&
         aligned_for(space, 1, from, factor, size);
}

bool is_contiguous(const Space& space) {
  return space.dims.size() == 1 && space.strides[0][0] == 1 && space.strides[1][0] == 1;
}

CopyPlan::CopyPlan(const Problem& problem, const std::vector<CopyTask>& tasks, size_t element_size)
    : size_(static_cast<int64_t>(element_size)), processors_(problem.target->processors) {
  for (const CopyTask& t : tasks) add(t);
  transposed_ = groups_.size() == 1 && groups_[0].size() == 1 && can_transpose(groups_[0][0]);
  const CodeSource source{"copy.cu", std::string(source_file("copy.cu")), {}};
  const auto function = [&](const char* name, int64_t bytes) {
    return problem.target->code->function(source, name + std::to_string(bytes));
  };
  if (transposed_) transpose_ = function("transpose", size_);
  for (int i = 0; i < 5; ++i) copy_[i] = function("copy", int64_t{1} << i);
  for (int i = 0; i < 5; ++i) flat_[i] = function("flat", int64_t{1} << i);
}

bool CopyPlan::can_transpose(const Piece& piece) { return transposed_dim(piece.space) >= 0; }

void CopyPlan::add(const CopyTask& t) {
  const Space space = cpu::make_space(t.shape, {t.to_strides, t.from_strides});
  for (const Part& part : split(space)) {
    add_piece({t.input,
               {part.dims, space.strides},
               t.to_start + part.starts[0],
               t.from_start + part.starts[1]});
  }
}

void CopyPlan::add_piece(Piece piece) {
  if (groups_.empty() || groups_.back().size() == kCopies) groups_.emplace_back();
  // A long row that is no whole number of vectors: the rest goes into a launch of its own.
  const int64_t inner = piece.space.inner(), rest = inner % (16 / size_);
  if (!is_contiguous(piece.space) || rest == 0 || inner < kLong) {
    groups_.back().push_back(std::move(piece));
    return;
  }
  Piece tail = piece;
  piece.space.dims[0] -= rest;
  tail.space.dims[0] = rest;
  tail.to_start += piece.space.dims[0];
  tail.from_start += piece.space.dims[0];
  groups_.back().push_back(std::move(piece));
  groups_.push_back({std::move(tail)});
}

void CopyPlan::launches(const void* const* from, void* to, LaunchSink& sink) const {
  if (transposed_) return launch_transpose(groups_[0][0], from, to, sink);
  for (const Group& g : groups_) {
    if (g.size() == 1 && is_contiguous(g[0].space)) {
      launch_flat(g, from, to, sink);
    } else {
      launch_copies(g, from, to, sink);
    }
  }
}

void CopyPlan::launch_flat(const Group& group, const void* const* from, void* to,
                           LaunchSink& sink) const {
  const Piece& piece = group[0];
  const int64_t bytes = widest(group, from, to);
  const FlatParams p{const_cast<char*>(address(to, piece.to_start)),
                     address(from[piece.input], piece.from_start),
                     piece.space.dims[0] * size_ / bytes};
  constexpr unsigned kBlock = 256;
  const auto blocks = static_cast<unsigned>(ceil_div(p.items, int64_t{kBlock} * 2));
  sink(flat_[log2_of(bytes)], {blocks}, {kBlock}, 0, p);
}

int64_t CopyPlan::widest(const Group& group, const void* const* from, const void* to) const {
  int64_t bytes = 16;
  for (const Piece& p : group) {
    const uintptr_t t = number(address(to, p.to_start));
    const uintptr_t f = number(address(from[p.input], p.from_start));
    while (bytes > size_ && !can_widen(p.space, t, f, bytes, size_)) bytes /= 2;
  }
  return bytes;
}

void CopyPlan::launch_copies(const Group& group, const void* const* from, void* to,
                             LaunchSink& sink) const {
  const int64_t bytes = widest(group, from, to), factor = bytes / size_;
  int64_t all = 0;
  for (const Piece& piece : group) all += cpu::product(piece.space.dims) / factor;
  CopyParams p{};
  p.count = static_cast<int32_t>(group.size());
  p.per_thread = all >= int64_t{processors_} * 2048 * 2 ? 2 : 1;
  constexpr unsigned kBlock = 256;
  unsigned blocks = 0;
  for (size_t i = 0; i < group.size(); ++i) {
    const Piece& piece = group[i];
    Copy& c = p.copies[i];
    c.to = const_cast<char*>(address(to, piece.to_start));
    c.from = address(from[piece.input], piece.from_start);
    const size_t rank = piece.space.dims.size();
    c.rank = static_cast<int32_t>(rank);
    int64_t items = 1;
    for (size_t d = 0; d < rank; ++d) {
      const bool inner = d + 1 == rank;
      const int64_t size = piece.space.dims[d] / (inner ? factor : 1);
      c.dims[d] = make_divider(size);
      items *= size;
      // In wide elements, of which the innermost dim has one a step.
      for (size_t k = 0; k < 2; ++k) {
        c.strides[k][d] = piece.space.strides[k][d] / (inner ? 1 : factor);
      }
    }
    c.items = static_cast<uint32_t>(items);
    c.first_block = blocks;
    blocks += static_cast<unsigned>(ceil_div(items, int64_t{kBlock} * p.per_thread));
  }
  sink(copy_[log2_of(bytes)], {blocks}, {kBlock}, 0, p);
}

void CopyPlan::launch_transpose(const Piece& piece, const void* const* from, void* to,
                                LaunchSink& sink) const {
  const Space& s = piece.space;
  const size_t row = static_cast<size_t>(transposed_dim(s)), column = s.dims.size() - 1;
  const int64_t tile = size_ <= 2 ? 64 : 32;
  TransposeParams p{};
  p.to = const_cast<char*>(address(to, piece.to_start));
  p.from = address(from[piece.input], piece.from_start);
  p.to_row = s.strides[0][row];
  p.from_column = s.strides[1][column];
  p.rows = s.dims[row];
  p.columns = s.dims[column];
  int64_t tiles = 1;
  const auto add_dim = [&](int64_t size) {
    p.dims[p.rank++] = make_divider(size);
    tiles *= size;
  };
  for (size_t d = 0; d < column; ++d) {
    if (d == row) continue;
    for (size_t k = 0; k < 2; ++k) p.strides[k][p.rank] = s.strides[k][d];
    add_dim(s.dims[d]);
  }
  add_dim(ceil_div(p.rows, tile));
  add_dim(ceil_div(p.columns, tile));
  sink(transpose_, {static_cast<unsigned>(tiles)}, {32, 8}, 0, p);
}

}  // namespace tenon::kernels::cuda_kernels
