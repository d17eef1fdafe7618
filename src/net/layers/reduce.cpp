// SPDX-License-Identifier: Apache-2.0
// Layers that work along one or more axes.
#include <algorithm>

#include "net/rules.h"

namespace tenon::net {
namespace {

ir::SymShape without(const ir::SymShape& shape, const Ints& axes, bool keep) {
  ir::SymShape out;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (!std::binary_search(axes.begin(), axes.end(), static_cast<int64_t>(d))) {
      out.push_back(shape[d]);
    } else if (keep) {
      out.push_back(1);
    }
  }
  return out;
}

void check_axes(const ir::Node& n, const Ints& axes) {
  TENON_CHECK(!axes.empty() || in_rank(n) == 0, n.op, ": axes is empty, wanted at least one axis");
  for (size_t i = 0; i < axes.size(); ++i) {
    TENON_CHECK(axes[i] >= 0 && axes[i] < static_cast<int64_t>(in_rank(n)), n.op, ": axis ",
                axes[i], " is out of range for input ", str(in_type(n)));
    TENON_CHECK(i == 0 || axes[i - 1] < axes[i], n.op, ": axes ", axes[i - 1], ", ", axes[i],
                " are not sorted and distinct");
  }
}

void check_not_empty(const ir::Node& n, const Ints& axes) {
  for (int64_t a : axes)
    TENON_CHECK(in_shape(n)[static_cast<size_t>(a)] != ir::SymDim(0), n.op, ": ",
                text(n, "operation"), " over axis ", a, " of ", str(in_type(n)),
                ", which is empty");
}

}  // namespace

TENON_SHAPE_RULE("reduce") {
  want_word(n, "operation", {"sum", "prod", "max", "min", "avg", "any", "all"});
  const std::string& op = text(n, "operation");
  if (op == "any" || op == "all") {
    want_dtype(n, 0, DataType::kBOOL);
  } else if (op == "avg") {
    want_float(n);
  } else {
    want_number(n);
  }
  const Ints& axes = ints(n, "axes");
  check_axes(n, axes);
  if (op == "max" || op == "min") check_not_empty(n, axes);
  return {tensor(in_type(n).dtype, without(in_shape(n), axes, n.get<bool>("keep_dims")))};
}

TENON_SHAPE_RULE("arg_reduce") {
  want_word(n, "operation", {"max", "min"});
  want_number(n);
  const Ints axes = {static_cast<int64_t>(axis_of(n))};
  check_not_empty(n, axes);
  return {tensor(DataType::kINT64, without(in_shape(n), axes, n.get<bool>("keep_dims")))};
}

TENON_SHAPE_RULE("softmax") {
  want_float(n);
  axis_of(n);
  return {in_type(n)};
}

TENON_SHAPE_RULE("cumsum") {
  want_number(n);
  axis_of(n);
  return {in_type(n)};
}

TENON_SHAPE_RULE("topk") {
  want_number(n);
  const size_t axis = axis_of(n);
  const int64_t k = n.get<int64_t>("k");
  const ir::SymDim& size = in_shape(n)[axis];
  TENON_CHECK(k >= 1, n.op, ": k is ", k, ", wanted at least 1");
  TENON_CHECK(!size.is_const() || k <= size.value(), n.op, ": k is ", k, ", but axis ", axis,
              " of ", str(in_type(n)), " has ", size.str(), " elements");
  ir::SymShape out = in_shape(n);
  out[axis] = k;
  return {tensor(in_type(n).dtype, out), tensor(DataType::kINT64, out)};
}

}  // namespace tenon::net
