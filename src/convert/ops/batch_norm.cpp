// SPDX-License-Identifier: Apache-2.0
// Batch norm at inference is one multiplication and addition per channel: a scale layer, whose
// parameters are calculated here if the statistics are constants, and by layers otherwise.
#include <cmath>

#include "base/element.h"
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

struct Statistics {
  ir::Value *weight, *bias, *mean, *var;  // weight and bias may be null
  double eps;
};

/// Constants of the statistics; null members where the parameter is absent.
struct Data {
  ir::ConstantPtr weight, bias, mean, var;
  double eps;
  DataType type;

  double scale(const void* w, const void* v, size_t i) const {
    return (w ? load_element(w, weight->dtype, i) : 1.0) /
           std::sqrt(load_element(v, var->dtype, i) + eps);
  }
};

std::shared_ptr<const void> bytes(const ir::ConstantPtr& c) {
  return c ? c->materialise() : nullptr;
}

void write(const Data& d, bool shift, void* out) {
  const auto w = bytes(d.weight), b = bytes(d.bias), m = bytes(d.mean), v = bytes(d.var);
  for (size_t i = 0; i < static_cast<size_t>(d.mean->shape[0]); ++i) {
    const double scale = d.scale(w.get(), v.get(), i);
    const double bias = b ? load_element(b.get(), d.bias->dtype, i) : 0.0;
    store_float_element(out, d.type, i,
                        shift ? bias - load_element(m.get(), d.mean->dtype, i) * scale : scale);
  }
}

ir::Value* folded(Ctx& c, const Data& d, bool shift) {
  auto constant = std::make_shared<ir::Constant>();
  constant->dtype = d.type;
  constant->shape = d.mean->shape;
  constant->bytes = size_of(d.type) * static_cast<size_t>(d.mean->shape[0]);
  constant->name = d.mean->name + (shift ? ":shift" : ":scale");
  if (!c.probing()) constant->fill = [d, shift](void* out) { write(d, shift, out); };
  return c.net.graph.add_constant(constant, c.net.base_name + (shift ? "_shift" : "_scale"));
}

bool all_constant(Ctx& c, const Statistics& s) {
  for (const ir::Value* v : {s.weight, s.bias, s.mean, s.var})
    if (v && !c.constant(v)) return false;
  return true;
}

ir::Value* scaled(Ctx& c, ir::Value* x, const Statistics& s) {
  const DataType t = x->type.dtype;
  ir::Value *scale, *shift;
  if (all_constant(c, s)) {
    const auto data = [&](ir::Value* v) { return v ? c.constant(v) : nullptr; };
    const Data d{data(s.weight), data(s.bias), data(s.mean), data(s.var), s.eps, t};
    scale = folded(c, d, false);
    shift = folded(c, d, true);
  } else {
    const DataType work = t == DataType::kDOUBLE ? t : DataType::kFLOAT;
    scale = unary(c, "rsqrt", binary(c, "sum", c.cast(s.var, work), s.eps));
    if (s.weight) scale = binary(c, "prod", scale, c.cast(s.weight, work));
    shift = unary(c, "neg", binary(c, "prod", c.cast(s.mean, work), scale));
    if (s.bias) shift = binary(c, "sum", shift, c.cast(s.bias, work));
    scale = c.cast(scale, t);
    shift = c.cast(shift, t);
  }
  return c.net("scale", {x, scale, shift}, {{"axis", int64_t{1}}});
}

ir::Value* batch_norm(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "input");
  require_float(c, x);
  c.require(x->type.shape.size() >= 2, "the input has ", x->type.shape.size(),
            " dimensions, wanted 2 or more");
  const Statistics s{c.tensor_or_null(n, "weight"), c.tensor_or_null(n, "bias"),
                     c.tensor_or_null(n, "running_mean"), c.tensor_or_null(n, "running_var"),
                     c.number(n, "eps", 1e-5)};
  c.require(s.mean && s.var, "batch norm without running statistics normalises by its batch");
  return scaled(c, x, s);
}

}  // namespace

TENON_CONVERTER("aten::batch_norm")(Ctx& c, const ir::Node& n) {
  c.require(!c.boolean(n, "training", false), "batch norm in training mode");
  c.bind(n.output(), batch_norm(c, n));
}

/// With stored statistics instance norm is batch norm.
TENON_CONVERTER("aten::instance_norm")(Ctx& c, const ir::Node& n) {
  const bool stored = !c.boolean(n, "use_input_stats", true);
  c.bind(n.output(), stored ? batch_norm(c, n) : instance_norm(c, n));
}

TENON_CONVERTER("aten::_native_batch_norm_legit_no_training")(Ctx& c, const ir::Node& n) {
  ir::Value* y = batch_norm(c, n);
  ir::Value* empty =
      n.outputs().size() > 1 ? fill(c, 0, {ir::SymDim(0)}, n.output(1)->type.dtype) : nullptr;
  c.bind_all(n, {y, empty, empty});
}

}  // namespace tenon::convert
