// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

using Ints = std::vector<int64_t>;
using Sizes = std::vector<ir::SymDim>;

bool is_iota(const Ints& perm) {
  for (size_t i = 0; i < perm.size(); ++i)
    if (perm[i] != static_cast<int64_t>(i)) return false;
  return true;
}

/// Does the layer pass its input on unchanged?
bool does_nothing(const ir::Node& n) {
  const ir::Value* in = n.input(0);
  if (!in || n.outputs().size() != 1 || !(in->type == n.output()->type)) return false;
  if (n.op == "identity" || n.op == "cast" || n.op == "expand") return true;
  if (n.op == "shuffle")
    return is_iota(n.get<Ints>("first_transpose")) && is_iota(n.get<Ints>("second_transpose"));
  if (n.op == "slice") {  // same shape: a full slice, unless it is reversed
    for (int64_t s : n.get<Ints>("stride"))
      if (s != 1) return false;
    return true;
  }
  if (n.op == "padding") {
    for (const char* side : {"pre_padding", "post_padding"})
      for (int64_t p : n.get<Ints>(side))
        if (p != 0) return false;
    return true;
  }
  return false;
}

/// reshape(reshape(x)) -> reshape(x); transpose(transpose(x)) -> transpose(x).
bool merge_shuffles(ir::Node& n) {
  ir::Node* p = n.input(0) ? n.input(0)->producer() : nullptr;
  if (!p || n.op != "shuffle" || p->op != "shuffle") return false;
  if (is_pure_reshape(n) && is_pure_reshape(*p)) {
    n.inputs[0] = p->input(0);
    return true;
  }
  const Ints& a = p->get<Ints>("first_transpose");
  const Ints& b = n.get<Ints>("first_transpose");
  if (!is_pure_transpose(n, b) || !is_pure_transpose(*p, a) || a.size() != b.size()) return false;
  Ints both(a.size());
  for (size_t i = 0; i < a.size(); ++i) both[i] = a[static_cast<size_t>(b[i])];
  n.set("first_transpose", both);
  n.inputs[0] = p->input(0);
  return true;
}

}  // namespace

bool simplify(ir::Graph& g) {
  bool changed = false;
  for (auto it = g.nodes().begin(); it != g.nodes().end();) {
    ir::Node* node = (it++)->get();
    while (merge_shuffles(*node)) changed = true;
    if (!does_nothing(*node)) continue;
    g.replace_uses(node->output(), node->input(0));
    changed = true;
  }
  return g.remove_dead() > 0 || changed;
}

}  // namespace tenon::engine::passes
