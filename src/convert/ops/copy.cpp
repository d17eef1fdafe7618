// SPDX-License-Identifier: Apache-2.0
// Copies, conversions of dtype, and functions that are the identity at inference.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

void pass(Ctx& c, const ir::Node& n, const char* arg) { c.bind(n.output(), c.tensor(n, arg)); }

void convert_to(Ctx& c, const ir::Node& n, std::optional<DataType> type) {
  ir::Value* x = c.tensor(n, "self");
  c.bind(n.output(), type ? c.cast(x, *type) : x);
}

}  // namespace

TENON_CONVERTER("aten::contiguous", "aten::clone", "aten::detach", "aten::alias",
                "aten::lift_fresh_copy", "aten::lift_fresh", "aten::positive", "aten::resolve_conj",
                "aten::resolve_neg")
(Ctx& c, const ir::Node& n) { pass(c, n, "self"); }

// That the device stays is checked for all nodes alike, in supports().
TENON_CONVERTER("aten::to.dtype", "aten::to.dtype_layout", "aten::to.device", "aten::to.prim_dtype",
                "aten::to.prim_Device", "aten::_to_copy")
(Ctx& c, const ir::Node& n) { convert_to(c, n, c.dtype(n, "dtype")); }

TENON_CONVERTER("aten::to.other", "aten::type_as")(Ctx& c, const ir::Node& n) {
  convert_to(c, n, c.tensor(n, "other")->type.dtype);
}

TENON_CONVERTER("aten::copy")(Ctx& c, const ir::Node& n) {
  ir::Value* self = c.tensor(n, "self");
  ir::Value* src = c.cast(c.tensor(n, "src"), self->type.dtype);
  c.bind(n.output(), expand(c, src, self->type.shape));
}

TENON_CONVERTER("aten::dropout", "aten::feature_dropout", "aten::alpha_dropout",
                "aten::feature_alpha_dropout", "aten::native_dropout")
(Ctx& c, const ir::Node& n) {
  const bool train = c.boolean(n, "train", true);
  c.require(!train || (n.op != "aten::native_dropout" && c.number(n, "p", 0.5) == 0), n.op,
            " in training mode");
  pass(c, n, "input");
}

TENON_CONVERTER("aten::rrelu")(Ctx& c, const ir::Node& n) {
  c.require(!c.boolean(n, "training", false), "rrelu in training mode");
  ir::Value* x = c.tensor(n, "self");
  require_float(c, x);
  const double slope = (c.number(n, "lower", 1.0 / 8) + c.number(n, "upper", 1.0 / 3)) / 2;
  c.bind(n.output(), activation(c, "leaky_relu", x, slope));
}

}  // namespace tenon::convert
