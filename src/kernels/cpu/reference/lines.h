// SPDX-License-Identifier: Apache-2.0
// Layers that treat each line along one axis on its own: softmax, cumsum, arg_reduce, topk. Lines
// are gathered into contiguous double or int64 buffers. Plain values; thread safe.
#pragma once

#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

/// The lines of a tensor along `axis` (0 for a scalar, which is one line of one element).
class Lines {
 public:
  Lines(const TensorDesc& desc, int64_t axis);
  int64_t count() const { return volume(others_); }
  int64_t length() const { return length_; }

  template <typename A>
  void load_line(const void* data, int64_t line, std::vector<A>& to) const {
    const int64_t start = Walker(others_, strides_, line).offset(0);
    to.resize(length_);
    for (int64_t i = 0; i < length_; ++i) to[i] = load<A>(dtype_, data, start + i * step_);
  }
  template <typename A>
  void store_line(void* data, int64_t line, const std::vector<A>& from) const {
    const int64_t start = Walker(others_, strides_, line).offset(0);
    for (int64_t i = 0; i < length_; ++i) store<A>(dtype_, data, start + i * step_, from[i]);
  }

 private:
  DataType dtype_;
  int64_t length_ = 1, step_ = 0;
  Shape others_;
  std::vector<Shape> strides_;
};

/// body(line, values) for every line of x, in parallel; `values` may be changed.
template <typename A, typename Body>
void for_lines(const Lines& x, const void* data, Body&& body) {
  guarded_for(x.count(), 1 + 4096 / (x.length() + 1), [&](int64_t begin, int64_t end) {
    std::vector<A> values;
    for (int64_t line = begin; line < end; ++line) {
      x.load_line(data, line, values);
      body(line, values);
    }
  });
}

/// Positions of a line's elements, best first: larger (or smaller) first, equals by position. NaN
/// counts as larger than every number, as in torch.
template <typename A>
std::vector<int64_t> ranking(const std::vector<A>& values, bool largest, int64_t how_many);

}  // namespace tenon::kernels::reference
