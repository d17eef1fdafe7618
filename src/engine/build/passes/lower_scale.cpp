// SPDX-License-Identifier: Apache-2.0
#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

/// v[C] as [1, C, 1, ...] so that it broadcasts along `axis` of a tensor of `rank`.
ir::Value* along_axis(ir::Graph& g, ir::Value* v, int64_t axis, size_t rank,
                      const ir::Node* before) {
  std::vector<ir::SymDim> dims(rank - static_cast<size_t>(axis), ir::SymDim(1));
  dims[0] = v->type.shape.at(0);
  return net::add_layer(g, "shuffle", {v}, {{"has_reshape", true}, {"reshape_dims", dims}},
                        v->name + ".channels", before)
      ->output();
}

}  // namespace

bool lower_scale(ir::Graph& g) {
  bool changed = false;
  for (auto it = g.nodes().begin(); it != g.nodes().end();) {
    ir::Node* n = (it++)->get();
    if (n->op != "scale") continue;
    size_t rank = n->output()->type.shape.size();
    int64_t axis = n->get<int64_t>("axis");
    std::string name = n->output()->name;
    ir::Value* scale = along_axis(g, n->input(1), axis, rank, n);
    ir::Value* shift = along_axis(g, n->input(2), axis, rank, n);
    ir::Node* product = net::add_layer(g, "elementwise", {n->input(0), scale},
                                       {{"operation", std::string("prod")}}, name + ".scaled", n);
    ir::Node* sum = net::add_layer(g, "elementwise", {product->output(), shift},
                                   {{"operation", std::string("sum")}}, name + ".shifted", n);
    product->origin = sum->origin = n->origin;
    replace_and_erase(g, n->output(), sum->output());
    changed = true;
  }
  return changed;
}

}  // namespace tenon::engine::passes
