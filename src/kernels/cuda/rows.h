// SPDX-License-Identifier: Apache-2.0
// What the host side of the row kernels shares: normalization, softmax, reduce, pooling, gather,
// resize and the layers along one axis. Plain functions; thread safe.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "kernels/cpu/slabs.h"
#include "kernels/cuda/element_type.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/sources.h"

namespace tenon::kernels::rows {

using Ints = std::vector<int64_t>;

/// The kernel `name` of an embedded source.
CUfunction function(const Problem& p, const char* file, std::vector<std::string> defines,
                    const std::string& name);
/// One variant of `file` per type, each with "T=<type>" and `more`.
std::vector<SourceVariant> variants(const char* file, std::initializer_list<const char*> types,
                                    const std::vector<std::string>& more = {});

/// Yes if all floating operands have one type among f32, f16 and bf16 and nothing is packed.
Support one_real_type(const Problem& p);
/// Whether both lie in memory in the same order of dims.
bool same_order(const TensorDesc& a, const TensorDesc& b);

/// Elements of a 16-byte vector.
inline int64_t per_vector(DataType t) { return 16 / static_cast<int64_t>(size_of(t)); }
/// True if every pointer that is there is a multiple of 16.
bool aligned(std::initializer_list<const void*> pointers);
int64_t power_of_two_from(int64_t n);  // the smallest one >= n, at least 1
inline int64_t whole_warps(int64_t threads) { return ceil_div(threads, 32) * 32; }

/// Blocks and threads for groups of `lanes` threads, so that few groups still spread over the chip.
struct Shape {
  Dim3 grid, block;
};
Shape spread(int64_t groups, int64_t lanes, int processors, int64_t most_threads = 256);
Dim3 grid_of(int64_t blocks);  // throws Error if there are too many

/// How kernels that work row by row (normalization, softmax) are launched.
struct RowPlan {
  enum Kernel : size_t { kLanes, kLanesVectors, kBlockVectors, kLong };
  Kernel kernel;      // part of a warp a row; a block a row that stays in its registers; any row
  int32_t lanes = 0;  // of a row, where it is part of a warp
  Shape shape;
};
/// `vector`: elements that a thread takes at a time, 1 where pointers or sizes allow no vectors.
RowPlan plan_rows(int64_t rows, int64_t size, int64_t vector, int processors);

}  // namespace tenon::kernels::rows
