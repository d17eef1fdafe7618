// SPDX-License-Identifier: Apache-2.0
#include "net/einsum.h"

#include "convert/ops/common.h"

namespace tenon::convert {

TENON_CONVERTER("aten::einsum")(Ctx& c, const ir::Node& n) {
  const net::EinsumLayers add = {
      [&](ir::Value* x, const std::vector<int64_t>& axes) {
        return reduce(c, "sum", x, axes, false);
      },
      [&](ir::Value* x, const std::vector<int64_t>& perm) { return permute(c, x, perm); },
      [&](ir::Value* x, const ir::SymShape& shape) { return reshape(c, x, shape); },
      [&](ir::Value* a, ir::Value* b) { return c.net("matrix_multiply", {a, b}); },
  };
  c.bind(n.output(), net::add_einsum(c.string(n, "equation", ""), c.tensors(n, "tensors"), add));
}

}  // namespace tenon::convert
