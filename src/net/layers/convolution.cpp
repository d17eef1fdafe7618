// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "net/rules.h"

namespace tenon::net {
namespace {

int64_t groups_of(const ir::Node& n) {
  const int64_t groups = n.get<int64_t>("groups");
  TENON_CHECK(groups >= 1 && groups <= INT32_MAX, n.op, ": groups is ", groups,
              ", wanted at least 1 and at most ", INT32_MAX);
  return groups;
}

/// Types and ranks common to convolution and deconvolution.
void check_operands(const ir::Node& n) {
  want_float(n);
  want_rank(n, 0, 3, 5);
  want_dtype(n, 1, in_type(n).dtype);
  want_rank(n, 1, in_rank(n), in_rank(n));
  for (size_t d = 0; d < in_rank(n, 1); ++d)
    TENON_CHECK(static_size(n, 1, d) >= 1 && static_size(n, 1, d) <= INT32_MAX, n.op,
                ": kernel is ", str(in_type(n, 1)), ", wanted sizes of at least 1 and at most ",
                INT32_MAX);
}

ir::SymDim convolved(const ir::Node& n, const Window& w, size_t i) {
  const ir::SymDim& in = in_shape(n).at(i + 2);
  const int64_t extent = w.dilation[i] * (static_size(n, 1, i + 2) - 1) + 1;
  const ir::SymDim padded = in + w.pre[i] + w.post[i];
  TENON_CHECK(!padded.is_const() || padded.value() >= extent, n.op, ": size ", i + 2, " of input (",
              str(in_type(n)), ") is ", padded.str(),
              " with padding, wanted at least the kernel's extent ", extent);
  return (padded - extent).floordiv(w.stride[i]) + 1;
}

}  // namespace

TENON_SHAPE_RULE("convolution") {
  check_operands(n);
  const int64_t groups = groups_of(n);
  const int64_t channels = static_size(n, 0, 1), maps = static_size(n, 1, 0);
  const int64_t wanted = static_size(n, 1, 1) * groups;
  TENON_CHECK(channels == wanted, n.op, ": input ", str(in_type(n)), " has ", channels,
              " channels, but kernel ", str(in_type(n, 1)), " with groups ", groups, " wants ",
              wanted);
  TENON_CHECK(maps % groups == 0, n.op, ": kernel ", str(in_type(n, 1)), " makes ", maps,
              " channels, wanted a multiple of groups ", groups);
  const Window w = window_of(n, in_rank(n) - 2);
  ir::SymShape out = {in_shape(n)[0], maps};
  for (size_t i = 0; i + 2 < in_rank(n); ++i) out.push_back(convolved(n, w, i));
  want_optional(n, 2, in_type(n).dtype, {maps});
  want_optional(n, 3, in_type(n).dtype, out);
  want_activation(n);
  return {tensor(in_type(n).dtype, out)};
}

TENON_SHAPE_RULE("deconvolution") {
  check_operands(n);
  const int64_t groups = groups_of(n);
  const int64_t channels = static_size(n, 0, 1), maps = static_size(n, 1, 1) * groups;
  TENON_CHECK(channels == static_size(n, 1, 0), n.op, ": input ", str(in_type(n)), " has ",
              channels, " channels, but kernel ", str(in_type(n, 1)), " wants ",
              static_size(n, 1, 0));
  TENON_CHECK(channels % groups == 0, n.op, ": input ", str(in_type(n)), " has ", channels,
              " channels, wanted a multiple of groups ", groups);
  const size_t spatial = in_rank(n) - 2;
  const Window w = window_of(n, spatial);
  const Ints extra = list_of(n, "output_padding", spatial, 0, 0);
  ir::SymShape out = {in_shape(n)[0], maps};
  for (size_t i = 0; i < spatial; ++i) {
    TENON_CHECK(extra[i] < std::max(w.stride[i], w.dilation[i]), n.op, ": output_padding is ",
                extra[i], ", wanted less than stride ", w.stride[i], " or dilation ",
                w.dilation[i]);
    const int64_t extent = w.dilation[i] * (static_size(n, 1, i + 2) - 1) + 1;
    const ir::SymDim size =
        (in_shape(n)[i + 2] - 1) * w.stride[i] - w.pre[i] - w.post[i] + extent + extra[i];
    TENON_CHECK(!size.is_const() || size.value() >= 1, n.op, ": size ", i + 2,
                " of the output would be ", size.str(), ", wanted at least 1");
    out.push_back(size);
  }
  want_optional(n, 2, in_type(n).dtype, {maps});
  return {tensor(in_type(n).dtype, out)};
}

}  // namespace tenon::net
