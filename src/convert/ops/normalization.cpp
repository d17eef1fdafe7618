// SPDX-License-Identifier: Apache-2.0
// layer_norm, rms_norm, group_norm, instance_norm and their native_ forms.
#include <limits>

#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// Parameters in the input's dtype; torch allows float32 parameters beside a half input.
ir::Value* parameter(Ctx& c, const ir::Node& n, const char* name, const ir::Value* x) {
  ir::Value* v = c.tensor_or_null(n, name);
  return v ? c.cast(v, x->type.dtype) : nullptr;
}

int64_t norm_rank(Ctx& c, const ir::Node& n, const ir::Value* x) {
  const auto shape = c.sizes(n, "normalized_shape");
  c.require(!shape.empty() && shape.size() <= x->type.shape.size(), "normalized_shape has ",
            shape.size(), " dimensions, the input ", x->type.shape.size());
  return static_cast<int64_t>(shape.size());
}

ir::Value* layer_norm(Ctx& c, const ir::Node& n, ir::Value* x, double eps, bool rms) {
  require_float(c, x);
  return c.net("normalization", {x, parameter(c, n, "weight", x), parameter(c, n, "bias", x)},
               {{"rank", norm_rank(c, n, x)}, {"epsilon", eps}, {"rms", rms}});
}

ir::Value* group_norm(Ctx& c, const ir::Node& n, ir::Value* x, int64_t groups) {
  require_float(c, x);
  c.require(x->type.shape.size() >= 2, "the input has ", x->type.shape.size(),
            " dimensions, wanted 2 or more");
  return c.net("group_norm", {x, parameter(c, n, "weight", x), parameter(c, n, "bias", x)},
               {{"groups", groups}, {"epsilon", c.number(n, "eps", 1e-5)}});
}

struct Moments {
  ir::Value *mean, *rstd;
};

Moments moments(Ctx& c, ir::Value* x, const std::vector<int64_t>& axes, double eps) {
  const DataType type = x->type.dtype;
  x = widen(c, x);
  ir::Value* mean = reduce(c, "avg", x, axes, true);
  ir::Value* d = binary(c, "sub", x, mean);
  ir::Value* var = reduce(c, "avg", binary(c, "prod", d, d), axes, true);
  return {c.cast(mean, type), c.cast(unary(c, "rsqrt", binary(c, "sum", var, eps)), type)};
}

std::vector<int64_t> last_axes(size_t rank, size_t count) {
  std::vector<int64_t> axes;
  for (size_t i = rank - count; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  return axes;
}

}  // namespace

TENON_CONVERTER("aten::layer_norm")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), layer_norm(c, n, c.tensor(n, "input"), c.number(n, "eps", 1e-5), false));
}

TENON_CONVERTER("aten::native_layer_norm")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "input");
  const double eps = c.number(n, "eps");
  c.bind(n.output(), layer_norm(c, n, x, eps, false));
  if (n.outputs().size() == 1) return;
  const Moments m =
      moments(c, x, last_axes(x->type.shape.size(), static_cast<size_t>(norm_rank(c, n, x))), eps);
  c.bind_all(n, {nullptr, m.mean, m.rstd});
}

TENON_CONVERTER("aten::rms_norm")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "input");
  const double eps = x->type.dtype == DataType::kDOUBLE ? std::numeric_limits<double>::epsilon()
                                                        : std::numeric_limits<float>::epsilon();
  c.bind(n.output(), layer_norm(c, n, x, c.number(n, "eps", eps), true));
}

TENON_CONVERTER("aten::group_norm")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), group_norm(c, n, c.tensor(n, "input"), c.integer(n, "num_groups")));
}

TENON_CONVERTER("aten::native_group_norm")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "input");
  const int64_t groups = c.integer(n, "group");
  c.bind(n.output(), group_norm(c, n, x, groups));
  if (n.outputs().size() == 1) return;
  const ir::SymDim batch = x->type.shape[0];
  const ir::SymDim rest = ir::volume(x->type.shape).floordiv(batch * groups);
  const Moments m = moments(c, reshape(c, x, {batch, groups, rest}), {2}, c.number(n, "eps", 1e-5));
  c.bind_all(n, {nullptr, squeeze(c, m.mean, 2), squeeze(c, m.rstd, 2)});
}

ir::Value* instance_norm(Ctx& c, const ir::Node& n) {
  c.require(!c.has(n, "running_mean"), "instance_norm updates its running statistics (training)");
  ir::Value* x = c.tensor(n, "input");
  c.require(x->type.shape.size() >= 3 && x->type.shape[1].is_const(),
            "the number of channels is not fixed");
  return group_norm(c, n, x, x->type.shape[1].value());
}

}  // namespace tenon::convert
