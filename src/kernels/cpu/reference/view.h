// SPDX-License-Identifier: Apache-2.0
// What the reference kernels are made of: reading and writing elements of any dtype as double or
// int64, walking a shape with several strides at once, and dense row-major copies of operands, so
// that a kernel's arithmetic is written once for every dtype and layout. Clear before fast. A View
// owns nothing; a Dense owns its elements. No shared state.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/problem.h"

namespace tenon::kernels::reference {

using Shape = std::vector<int64_t>;

int64_t volume(const Shape& shape);
int64_t volume(const Shape& shape, size_t first, size_t last);  // of dims [first, last)
Shape row_major(const Shape& shape);                            // strides

/// "No" unless the dtype has one of the nine element types kernels compute with.
bool is_float(DataType t);
bool is_integer(DataType t);  // bool included
inline bool is_element(DataType t) { return is_float(t) || is_integer(t); }

/// Element i of an array of type t, as double or int64. A float stored to an integer type is
/// truncated; bool is "not zero"; integers wrap.
double load_double(DataType t, const void* base, int64_t i);
int64_t load_int(DataType t, const void* base, int64_t i);
void store_double(DataType t, void* base, int64_t i, double v);
void store_int(DataType t, void* base, int64_t i, int64_t v);

template <typename A>
A load(DataType t, const void* base, int64_t i) {
  if constexpr (std::is_same_v<A, double>)
    return load_double(t, base, i);
  else
    return load_int(t, base, i);
}
template <typename A>
void store(DataType t, void* base, int64_t i, A v) {
  if constexpr (std::is_same_v<A, double>)
    store_double(t, base, i, v);
  else
    store_int(t, base, i, v);
}
/// Strides that broadcast an operand to `out` (numpy rules): 0 where its size is 1.
Shape broadcast_strides(const TensorDesc& desc, const Shape& out);
Shape broadcast_strides(const Shape& shape, const Shape& strides, const Shape& out);

/// Walks the row-major positions of `shape` from number `begin` on; offset(k) is the position under
/// the k-th strides. Walkers over an empty shape must not be advanced.
class Walker {
 public:
  Walker(const Shape& shape, const std::vector<Shape>& strides, int64_t begin);
  int64_t offset(size_t k) const { return offsets_[k]; }
  const Shape& index() const { return index_; }
  void next();

 private:
  const Shape& shape_;
  const std::vector<Shape>& strides_;
  Shape index_, offsets_;
};

/// parallel_for whose body may throw: the exception of the lowest chunk leaves the call.
void guarded_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body);

/// Runs body(walker) for every position of shape, in parallel.
template <typename Body>
void for_positions(const Shape& shape, const std::vector<Shape>& strides, Body&& body) {
  guarded_for(volume(shape), 4096, [&](int64_t begin, int64_t end) {
    Walker w(shape, strides, begin);
    for (int64_t i = begin; i < end; ++i, w.next()) body(w);
  });
}

/// The logical elements of an operand in row-major order as A (double or int64_t).
template <typename A>
std::vector<A> read(const TensorDesc& desc, const void* data);
/// The same with the logical dims in the order `perm`.
template <typename A>
std::vector<A> read_permuted(const TensorDesc& desc, const void* data, const Shape& perm);
/// Stores row-major logical elements.
template <typename A>
void write(const TensorDesc& desc, void* data, const std::vector<A>& values);

/// Copies elements without looking at them: out[out_offset(w)] = in[in_offset(w)] for all
/// positions.
void copy_elements(size_t element_size, const Shape& shape, const void* in, const Shape& in_strides,
                   void* out, const Shape& out_strides);
/// One element.
inline void copy_element(size_t size, const void* in, int64_t i, void* out, int64_t o) {
  __builtin_memcpy(static_cast<char*>(out) + o * static_cast<int64_t>(size),
                   static_cast<const char*>(in) + i * static_cast<int64_t>(size), size);
}

}  // namespace tenon::kernels::reference
