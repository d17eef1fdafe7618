// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "net/rules.h"

namespace tenon::net {
namespace {

/// The window covers `count` dims of [N, C, spatial...].
void check_input(const ir::Node& n, size_t count, const char* attr) {
  want_word(n, "type", {"max", "average"});
  if (text(n, "type") == "average") want_float(n);
  want_number(n);
  TENON_CHECK(count >= 1 && count <= 3, n.op, ": ", attr, " has ", count, " values, wanted 1 to 3");
  want_rank(n, 0, count + 2, count + 2);
}

struct Extent {
  int64_t size, stride, pre, post;
};

/// Number of windows. With ceil_mode a last window that would start in the right padding is left
/// out; since post < size, that is at most one, and the two candidates share the divisor, so the
/// smaller is found without a symbolic min.
ir::SymDim windows(const ir::SymDim& in, const Extent& e, bool ceil_mode) {
  const int64_t floor_offset = e.pre + e.post - e.size;
  if (!ceil_mode) return (in + floor_offset).floordiv(e.stride) + 1;
  const int64_t offset = std::min(floor_offset + e.stride - 1, e.pre - 1);
  return (in + offset).floordiv(e.stride) + 1;
}

Extent extent_of(const ir::Node& n, const Window& w, int64_t window, size_t i) {
  const Extent e{w.dilation[i] * (window - 1) + 1, w.stride[i], w.pre[i], w.post[i]};
  TENON_CHECK(e.pre < e.size && e.post < e.size, n.op, ": padding ", e.pre, " and ", e.post,
              ", wanted less than the window's extent ", e.size);
  const ir::SymDim padded = in_shape(n).at(i + 2) + e.pre + e.post;
  TENON_CHECK(!padded.is_const() || padded.value() >= e.size, n.op, ": size ", i + 2, " of input (",
              str(in_type(n)), ") is ", padded.str(),
              " with padding, wanted at least the window's extent ", e.size);
  return e;
}

}  // namespace

TENON_SHAPE_RULE("pooling") {
  const size_t count = ints(n, "window").size();
  check_input(n, count, "window");
  const Ints window = list_of(n, "window", count, 1, 1);
  const Window w = window_of(n, count);
  ir::SymShape out = {in_shape(n)[0], in_shape(n)[1]};
  for (size_t i = 0; i < count; ++i)
    out.push_back(
        windows(in_shape(n)[i + 2], extent_of(n, w, window[i], i), n.get<bool>("ceil_mode")));
  return {tensor(in_type(n).dtype, out)};
}

TENON_SHAPE_RULE("adaptive_pooling") {
  const size_t count = ints(n, "output_size").size();
  check_input(n, count, "output_size");
  ir::SymShape out = {in_shape(n)[0], in_shape(n)[1]};
  for (int64_t size : list_of(n, "output_size", count, 1, 1)) out.push_back(size);
  return {tensor(in_type(n).dtype, out)};
}

}  // namespace tenon::net
