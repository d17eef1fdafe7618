// SPDX-License-Identifier: Apache-2.0
// scaled_dot_product_attention.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// Rank 3 (heads, sequence, features) gets a batch dimension.
ir::Value* as_4d(Ctx& c, ir::Value* x, const char* name) {
  const size_t rank = x->type.shape.size();
  c.require(rank == 3 || rank == 4, name, " has ", rank, " dimensions, wanted 3 or 4");
  return rank == 3 ? unsqueeze(c, x, 0) : x;
}

void check_heads(Ctx& c, const ir::Value* q, const ir::Value* k, bool grouped) {
  const ir::SymDim &heads = q->type.shape[1], &key_heads = k->type.shape[1];
  if (heads == key_heads || key_heads == ir::SymDim(1)) return;
  c.require(grouped, "query has ", heads.str(), " heads and key ", key_heads.str(),
            " without enable_gqa");
}

ir::Value* mask_of(Ctx& c, const ir::Node& n, const ir::Value* q) {
  ir::Value* mask = c.tensor_or_null(n, "attn_mask");
  if (!mask) return nullptr;
  c.require(mask->type.shape.size() <= 4, "attn_mask has ", mask->type.shape.size(), " dimensions");
  return mask->type.dtype == DataType::kBOOL ? mask : c.cast(mask, q->type.dtype);
}

double scale_of(Ctx& c, const ir::Node& n) {
  if (!c.has(n, "scale")) return 0;  // the layer's own: 1/sqrt(D)
  const double scale = c.number(n, "scale");
  c.require(scale != 0, "scale=0");
  return scale;
}

}  // namespace

TENON_CONVERTER("aten::scaled_dot_product_attention")(Ctx& c, const ir::Node& n) {
  ir::Value* query = c.tensor(n, "query");
  const bool batched = query->type.shape.size() == 4;
  ir::Value* q = as_4d(c, query, "query");
  ir::Value* k = as_4d(c, c.tensor(n, "key"), "key");
  ir::Value* v = as_4d(c, c.tensor(n, "value"), "value");
  require_float(c, q);
  c.require(c.number(n, "dropout_p", 0) == 0,
            "attention with dropout_p=", c.number(n, "dropout_p", 0));
  check_heads(c, q, k, c.boolean(n, "enable_gqa", false));
  ir::Value* y = c.net("attention", {q, k, v, mask_of(c, n, q)},
                       {{"scale", scale_of(c, n)}, {"causal", c.boolean(n, "is_causal", false)}});
  c.bind(n.output(), batched ? y : squeeze(c, y, 0));
}

}  // namespace tenon::convert
