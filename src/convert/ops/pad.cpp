// SPDX-License-Identifier: Apache-2.0
// pad, constant_pad_nd, reflection_pad, replication_pad.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// torch lists (before, after) from the last dimension on; the layer wants all dimensions in order.
void pad(Ctx& c, const ir::Node& n, const char* arg, const std::string& mode, double value) {
  ir::Value* x = c.tensor(n, "self");
  const std::vector<int64_t> list = c.ints(n, arg);
  const size_t rank = x->type.shape.size();
  c.require(list.size() % 2 == 0 && list.size() <= 2 * rank, "pad has ", list.size(),
            " entries for a tensor of ", rank, " dimensions");
  std::vector<int64_t> before(rank, 0), after(rank, 0);
  for (size_t i = 0; i < list.size() / 2; ++i) {
    before[rank - 1 - i] = list[2 * i];
    after[rank - 1 - i] = list[2 * i + 1];
  }
  c.bind(
      n.output(),
      c.net("padding", {x},
            {{"pre_padding", before}, {"post_padding", after}, {"mode", mode}, {"value", value}}));
}

}  // namespace

TENON_CONVERTER("aten::pad")(Ctx& c, const ir::Node& n) {
  pad(c, n, "pad", c.string(n, "mode", "constant"), c.number(n, "value", 0));
}
TENON_CONVERTER("aten::constant_pad_nd")(Ctx& c, const ir::Node& n) {
  pad(c, n, "pad", "constant", c.number(n, "value", 0));
}
TENON_CONVERTER("aten::reflection_pad1d", "aten::reflection_pad2d", "aten::reflection_pad3d")
(Ctx& c, const ir::Node& n) { pad(c, n, "padding", "reflect", 0); }
TENON_CONVERTER("aten::replication_pad1d", "aten::replication_pad2d", "aten::replication_pad3d")
(Ctx& c, const ir::Node& n) { pad(c, n, "padding", "replicate", 0); }

}  // namespace tenon::convert
