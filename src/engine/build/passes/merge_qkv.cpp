// SPDX-License-Identifier: Apache-2.0
// Query, key and value of a self-attention are three products of one input. Their weights are put
// one under the other, so that one larger product computes all three, and attention reads its parts
// where they lie: linear [B, S, 3 N] seen as [B, S, 3, H, D].
#include <cstring>
#include <optional>

#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

using Counts = std::unordered_map<const ir::Value*, int>;

struct Part {
  ir::Node* linear;
  ir::ConstantPtr weight, bias;  // bias may be null
  ir::SymShape heads;            // [B, S, H, D]
};

bool dense(const ir::ConstantPtr& c) { return c && c->has_data() && c->format.empty(); }

/// The product behind one input of attention, if nobody else reads it.
std::optional<Part> part_of(const ir::Node& attention, size_t i, const char* layout,
                            const Counts& counts) {
  if (attention.get<std::string>(layout) != "bshd") return std::nullopt;
  ir::Value* v = attention.input(i);
  ir::Node* reshape = v->producer();
  if (!reshape || !is_pure_reshape(*reshape) || counts.at(v) != 1) return std::nullopt;
  ir::Node* linear = reshape->input(0)->producer();
  if (!linear || linear->op != "linear" || counts.at(reshape->input(0)) != 1 || linear->input(3) ||
      !linear->get<std::string>("activation").empty() || linear->output()->type.shape.size() != 3)
    return std::nullopt;
  Part part{linear, ir::constant_of(linear->input(1)), ir::constant_of(linear->input(2)),
            v->type.shape};
  if (!dense(part.weight) || (linear->input(2) && !dense(part.bias))) return std::nullopt;
  return part;
}

bool alike(const Part& a, const Part& b) {
  return a.linear->input(0) == b.linear->input(0) && a.heads == b.heads &&
         a.weight->shape == b.weight->shape && a.weight->dtype == b.weight->dtype &&
         !a.bias == !b.bias;
}

/// The three constants one after the other along their first dim, written when they are packed.
ir::ConstantPtr stacked(const ir::ConstantPtr& a, const ir::ConstantPtr& b,
                        const ir::ConstantPtr& c) {
  auto all = std::make_shared<ir::Constant>(*a);
  all->shape[0] *= 3;
  all->bytes *= 3;
  all->data = nullptr;
  all->fill = [a, b, c](void* out) {
    char* to = static_cast<char*>(out);
    for (const ir::ConstantPtr& part : {a, b, c}) {
      std::memcpy(to, part->materialise().get(), part->bytes);
      to += part->bytes;
    }
  };
  return all;
}

void merge(ir::Graph& g, ir::Node& attention, const Part& q, const Part& k, const Part& v) {
  // The first of the three has its input; the others may stand later.
  ir::Value* weight =
      g.add_constant(stacked(q.weight, k.weight, v.weight), q.linear->input(1)->name + ".qkv");
  std::vector<ir::Value*> inputs = {q.linear->input(0), weight};
  if (q.bias)
    inputs.push_back(
        g.add_constant(stacked(q.bias, k.bias, v.bias), q.linear->input(2)->name + ".qkv"));
  ir::Node* product =
      net::add_layer(g, "linear", inputs, {}, q.linear->output()->name + ".qkv", &attention);
  for (const Part* part : {&q, &k, &v}) add_origin(*product, *part->linear);
  const ir::SymShape& s = q.heads;
  ir::Node* view =
      net::add_layer(g, "shuffle", {product->output()},
                     {{"has_reshape", true},
                      {"reshape_dims", ir::SymShape{s[0], s[1], ir::SymDim(3), s[2], s[3]}}},
                     product->output()->name + ".parts", &attention);
  for (size_t i = 0; i < 3; ++i) attention.inputs[i] = view->output();
  attention.set("query_layout", std::string("qkv0"));
  attention.set("key_layout", std::string("qkv1"));
  attention.set("value_layout", std::string("qkv2"));
}

}  // namespace

bool merge_qkv(ir::Graph& g) {
  bool changed = false;
  const Counts counts = g.use_counts();
  std::vector<ir::Node*> found;
  for (const auto& n : g.nodes())
    if (n->op == "attention") found.push_back(n.get());
  for (ir::Node* n : found) {
    const auto q = part_of(*n, 0, "query_layout", counts);
    const auto k = part_of(*n, 1, "key_layout", counts);
    const auto v = part_of(*n, 2, "value_layout", counts);
    if (!q || !k || !v || !alike(*q, *k) || !alike(*q, *v)) continue;
    merge(g, *n, *q, *k, *v);
    changed = true;
  }
  if (changed) g.remove_dead();
  return changed;
}

}  // namespace tenon::engine::passes
