// SPDX-License-Identifier: Apache-2.0
// gather, index_select, embedding, index.Tensor.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

ir::Value* index_tensor(Ctx& c, ir::Value* v) {
  const DataType t = v->type.dtype;
  c.require(t == DataType::kINT64 || t == DataType::kINT32, "an index of dtype ", name_of(t),
            t == DataType::kBOOL ? ": the result's size depends on values" : "");
  return c.cast(v, DataType::kINT64);
}

ir::Value* take(Ctx& c, ir::Value* x, ir::Value* index, int64_t axis, const char* mode) {
  return c.net("gather", {x, index_tensor(c, index)},
               {{"axis", axis}, {"mode", std::string(mode)}});
}

bool adjacent(const std::vector<int64_t>& axes) {
  return axes.back() - axes.front() + 1 == static_cast<int64_t>(axes.size());
}

/// Advanced indexing. Indexed dimensions that are not neighbours go to the front, where torch puts
/// the result's dimensions in that case.
ir::Value* advanced_index(Ctx& c, ir::Value* x, const std::vector<ir::Value*>& indices) {
  std::vector<int64_t> axes, rest;
  std::vector<ir::Value*> inputs = {x};
  for (size_t i = 0; i < x->type.shape.size(); ++i) {
    const bool indexed = i < indices.size() && indices[i];
    (indexed ? axes : rest).push_back(static_cast<int64_t>(i));
    if (indexed) inputs.push_back(index_tensor(c, indices[i]));
  }
  c.require(!axes.empty(), "index without an index tensor");
  int64_t first = axes.front();
  if (!adjacent(axes)) {
    std::vector<int64_t> perm = axes;
    perm.insert(perm.end(), rest.begin(), rest.end());
    inputs[0] = permute(c, x, perm);
    first = 0;
  }
  return c.net("gather_nd", inputs, {{"first_axis", first}});
}

}  // namespace

TENON_CONVERTER("aten::embedding")(Ctx& c, const ir::Node& n) {
  c.bind(n.output(), take(c, c.tensor(n, "weight"), c.tensor(n, "indices"), 0, "default"));
}

TENON_CONVERTER("aten::index_select")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  ir::Value* index = c.tensor(n, "index");
  c.require(!x->type.shape.empty(), "index_select of a tensor without dimensions");
  if (index->type.shape.empty()) index = unsqueeze(c, index, 0);
  c.bind(n.output(), take(c, x, index, c.axis(n, "dim", x->type.shape.size()), "default"));
}

TENON_CONVERTER("aten::gather")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  c.require(!x->type.shape.empty(), "gather from a tensor without dimensions");
  c.bind(n.output(),
         take(c, x, c.tensor(n, "index"), c.axis(n, "dim", x->type.shape.size()), "element"));
}

TENON_CONVERTER("aten::index.Tensor", "aten::index.Tensor_hacked_twin")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const std::vector<ir::Value*> indices = c.tensors(n, "indices");
  c.require(indices.size() <= x->type.shape.size(), "more indices than dimensions");
  c.bind(n.output(), advanced_index(c, x, indices));
}

}  // namespace tenon::convert
