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

/// One of three parts of [batch, length, 3 * features] as [batch, heads, length, features / heads].
ir::Value* heads_of(Ctx& c, ir::Value* all, int64_t part, int64_t features, int64_t heads) {
  ir::Value* x = slice_axis(c, all, 2, part * features, features);
  const ir::SymShape& s = x->type.shape;
  return permute(c, reshape(c, x, {s[0], s[1], heads, features / heads}), {0, 2, 1, 3});
}

}  // namespace

/// What nn.MultiheadAttention calls for self-attention in eval mode.
TENON_CONVERTER("aten::_native_multi_head_attention")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "query");
  c.require(c.tensor(n, "key") == x && c.tensor(n, "value") == x,
            "query, key and value are different tensors");
  c.require(!c.has(n, "mask"), "a mask");
  c.require(!c.boolean(n, "need_weights", true), "need_weights=True");
  c.require(x->type.shape.size() == 3, "the input has ", x->type.shape.size(),
            " dimensions, wanted 3");
  require_float(c, x);
  const int64_t features = c.integer(n, "embed_dim"), heads = c.integer(n, "num_head");
  ir::Value* weight = c.tensor(n, "qkv_weight");
  ir::Value* all = c.net("linear", {x, weight, c.tensor(n, "qkv_bias")});
  ir::Value* q = heads_of(c, all, 0, features, heads);
  ir::Value* k = heads_of(c, all, 1, features, heads);
  ir::Value* v = heads_of(c, all, 2, features, heads);
  ir::Value* y = c.net("attention", {q, k, v, nullptr}, {{"scale", 0.0}, {"causal", false}});
  y = reshape(c, permute(c, y, {0, 2, 1, 3}), x->type.shape);
  ir::Value* projection = c.tensor(n, "proj_weight");
  c.bind(n.output(), c.net("linear", {y, projection, c.tensor(n, "proj_bias")}));
}

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
