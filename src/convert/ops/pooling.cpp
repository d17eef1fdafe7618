// SPDX-License-Identifier: Apache-2.0
// max_pool, avg_pool, adaptive pools. Of the pools with indices only the values can be converted.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

using Ints = std::vector<int64_t>;

Ints spread(Ctx& c, Ints list, size_t dims, int64_t fallback, const char* what) {
  if (list.empty()) list = {fallback};
  if (list.size() == 1) list.resize(dims, list[0]);
  c.require(list.size() == dims, what, " has ", list.size(), " entries, wanted ", dims);
  return list;
}

/// Adds the batch dimension that the pooling layer wants, and takes it away again.
template <typename Pool>
ir::Value* batched(Ctx& c, ir::Value* x, size_t dims, Pool&& pool) {
  const size_t rank = x->type.shape.size();
  c.require(rank == dims + 1 || rank == dims + 2, "the input has ", rank, " dimensions, wanted ",
            dims + 1, " or ", dims + 2);
  if (rank == dims + 2) return pool(x);
  return squeeze(c, pool(unsqueeze(c, x, 0)), 0);
}

std::vector<std::pair<std::string, ir::Attr>> window(Ctx& c, const ir::Node& n, size_t dims) {
  const Ints kernel = spread(c, c.ints(n, "kernel_size"), dims, 1, "kernel_size");
  Ints stride = c.ints(n, "stride");
  stride = stride.empty() ? kernel : spread(c, stride, dims, 1, "stride");
  const Ints padding = spread(c, c.ints(n, "padding"), dims, 0, "padding");
  return {{"window", kernel},
          {"stride", stride},
          {"pre_padding", padding},
          {"post_padding", padding},
          {"ceil_mode", c.boolean(n, "ceil_mode", false)}};
}

void max_pool(Ctx& c, const ir::Node& n, size_t dims) {
  auto attrs = window(c, n, dims);
  attrs.emplace_back("type", std::string("max"));
  attrs.emplace_back("dilation", spread(c, c.ints(n, "dilation"), dims, 1, "dilation"));
  c.bind(n.output(), batched(c, c.tensor(n, "self"), dims,
                             [&](ir::Value* v) { return c.net("pooling", {v}, attrs); }));
}

void avg_pool(Ctx& c, const ir::Node& n, size_t dims) {
  ir::Value* x = c.tensor(n, "self");
  require_float(c, x);
  auto attrs = window(c, n, dims);
  const bool divisor = c.has(n, "divisor_override");
  c.require(!divisor || !c.boolean(n, "ceil_mode", false), "divisor_override with ceil_mode");
  const bool count_padding = divisor || c.boolean(n, "count_include_pad", true);
  attrs.emplace_back("type", std::string("average"));
  attrs.emplace_back("exclude_padding", !count_padding);
  ir::Value* y = batched(c, x, dims, [&](ir::Value* v) { return c.net("pooling", {v}, attrs); });
  if (divisor) {
    double count = 1;
    for (int64_t k : spread(c, c.ints(n, "kernel_size"), dims, 1, "kernel_size"))
      count *= static_cast<double>(k);
    y = arithmetic(c, "prod", of(y), of(count / c.number(n, "divisor_override")), x->type.dtype);
  }
  c.bind(n.output(), y);
}

void adaptive_pool(Ctx& c, const ir::Node& n, size_t dims, const char* type) {
  ir::Value* x = c.tensor(n, "self");
  const Ints size = spread(c, c.ints(n, "output_size"), dims, 1, "output_size");
  c.bind(n.output(), batched(c, x, dims, [&](ir::Value* v) {
           return c.net("adaptive_pooling", {v},
                        {{"type", std::string(type)}, {"output_size", size}});
         }));
}

}  // namespace

TENON_CONVERTER("aten::max_pool1d", "aten::max_pool1d_with_indices")(Ctx& c, const ir::Node& n) {
  max_pool(c, n, 1);
}
TENON_CONVERTER("aten::max_pool2d", "aten::max_pool2d_with_indices")(Ctx& c, const ir::Node& n) {
  max_pool(c, n, 2);
}
TENON_CONVERTER("aten::max_pool3d", "aten::max_pool3d_with_indices")(Ctx& c, const ir::Node& n) {
  max_pool(c, n, 3);
}

TENON_CONVERTER("aten::avg_pool1d")(Ctx& c, const ir::Node& n) { avg_pool(c, n, 1); }
TENON_CONVERTER("aten::avg_pool2d")(Ctx& c, const ir::Node& n) { avg_pool(c, n, 2); }
TENON_CONVERTER("aten::avg_pool3d")(Ctx& c, const ir::Node& n) { avg_pool(c, n, 3); }

TENON_CONVERTER("aten::adaptive_avg_pool1d")(Ctx& c, const ir::Node& n) {
  adaptive_pool(c, n, 1, "average");
}
TENON_CONVERTER("aten::adaptive_avg_pool2d", "aten::_adaptive_avg_pool2d")
(Ctx& c, const ir::Node& n) { adaptive_pool(c, n, 2, "average"); }
TENON_CONVERTER("aten::adaptive_avg_pool3d", "aten::_adaptive_avg_pool3d")
(Ctx& c, const ir::Node& n) { adaptive_pool(c, n, 3, "average"); }
TENON_CONVERTER("aten::adaptive_max_pool1d")(Ctx& c, const ir::Node& n) {
  adaptive_pool(c, n, 1, "max");
}
TENON_CONVERTER("aten::adaptive_max_pool2d")(Ctx& c, const ir::Node& n) {
  adaptive_pool(c, n, 2, "max");
}
TENON_CONVERTER("aten::adaptive_max_pool3d")(Ctx& c, const ir::Node& n) {
  adaptive_pool(c, n, 3, "max");
}

}  // namespace tenon::convert
