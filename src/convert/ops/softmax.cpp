// SPDX-License-Identifier: Apache-2.0
// softmax and log_softmax.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

void softmax(Ctx& c, const ir::Node& n, bool log) {
  ir::Value* x = c.tensor(n, "self");
  if (const auto type = c.dtype(n, "dtype")) x = c.cast(x, *type);
  if (c.boolean(n, "half_to_float", false)) x = c.cast(x, DataType::kFLOAT);
  require_float(c, x);
  c.require(!x->type.shape.empty(), n.op, " of a tensor without dimensions");
  c.bind(n.output(),
         c.net("softmax", {x}, {{"axis", c.axis(n, "dim", x->type.shape.size())}, {"log", log}}));
}

}  // namespace

TENON_CONVERTER("aten::softmax.int", "aten::_softmax")(Ctx& c, const ir::Node& n) {
  softmax(c, n, false);
}
TENON_CONVERTER("aten::log_softmax.int", "aten::_log_softmax")(Ctx& c, const ir::Node& n) {
  softmax(c, n, true);
}

}  // namespace tenon::convert
