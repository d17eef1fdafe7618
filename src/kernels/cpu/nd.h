// SPDX-License-Identifier: Apache-2.0
// Walking n-dimensional operands in the memory order of the output: dims of size 1 are dropped,
// dims are sorted by the first operand's strides and neighbours merged where every operand allows
// it. Plain values; thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/kernel.h"
#include "kernels/problem.h"

namespace tenon::kernels::cpu {

using Ints = std::vector<int64_t>;

struct Space {
  Ints dims;                  // at least one
  std::vector<Ints> strides;  // per operand, parallel to dims

  int64_t inner() const { return dims.back(); }
  int64_t rows() const;  // product of all but the last
};

/// strides[k] are operand k's element strides over `shape`; operand 0 decides the order.
Space make_space(const Ints& shape, std::vector<Ints> strides);

/// Strides of `desc` over the numpy-broadcast shape `out` (0 where its size is 1).
Ints broadcast_strides(const TensorDesc& desc, const Ints& out);
Ints row_major(const Ints& shape);
int64_t product(const Ints& v, size_t first = 0, size_t last = SIZE_MAX);
/// v in the order of `perm` (empty: as it is), and the order that undoes it.
Ints permuted(const Ints& v, const Ints& perm);
Ints inverse(const Ints& perm);
/// Element i of an attribute that may be left out (empty).
int64_t at_or(const Ints& v, size_t i, int64_t value);
bool all_equal(const Ints& v, int64_t value);
inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
/// Strides of the same elements under another shape of equal size, if there are any.
std::optional<Ints> reshaped_strides(const Ints& shape, const Ints& strides, const Ints& to);

/// Position of a row (all dims but the last of a Space) under each operand's strides.
class RowCursor {
 public:
  RowCursor(const Space& space, int64_t row);
  int64_t offset(size_t operand) const { return offsets_[operand]; }
  void next();

 private:
  static constexpr size_t kMax = 16;
  const Space& space_;
  size_t rank_, operands_;
  int64_t index_[kMax];
  int64_t offsets_[kMax];
};
/// Operands and dims a RowCursor can take.
constexpr size_t kMaxOperands = 16;

bool same_place(const TensorDesc& a, const TensorDesc& b);  // shape, layout and dtype are equal

/// Elements (of about one operation each) below which a second thread costs more than it gives.
constexpr int64_t kGrain = 16384;

}  // namespace tenon::kernels::cpu
