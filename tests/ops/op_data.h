// SPDX-License-Identifier: Apache-2.0
// Buffers of the op test: typed elements in any layout with guard bytes around them, filled from
// numbers and read back as numbers. A Buffer owns its memory.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernel.h"
#include "op_test.h"
#include "seed.h"

namespace tenon::test {

/// Memory of `bytes` bytes, 64-byte aligned plus `shift`, between guards; starts as garbage.
class Buffer {
 public:
  explicit Buffer(size_t bytes, size_t shift = 0);
  void* data() { return block_.data() + start_; }
  const void* data() const { return block_.data() + start_; }
  size_t bytes() const { return bytes_; }
  /// The data with its guards, for a copy on another device.
  std::vector<unsigned char>& block() { return block_; }
  size_t start() const { return start_; }
  void fill_with_garbage();
  /// True if nothing was written outside.
  bool guards_intact() const;

 private:
  std::vector<unsigned char> block_;
  size_t bytes_, start_;
};

/// Row-major logical elements <-> memory in the layout of `desc`.
void store_numbers(const kernels::TensorDesc& desc, const std::vector<Number>& values, void* data);
std::vector<Number> load_numbers(const kernels::TensorDesc& desc, const void* data);

/// The operand's values, or random ones of its range.
std::vector<Number> numbers_of(const Operand& o, Random& random);

/// "" if `seen` agrees with `wanted` within tolerance * factor, else what differs.
std::string compare(const std::vector<Number>& seen, const std::vector<Number>& wanted, DataType t,
                    double factor);

}  // namespace tenon::test
