// SPDX-License-Identifier: Apache-2.0
// Convolutions with enough channels (on CUDA: all) read and write channels-last; layers in between
// that work equally well in either order follow their input; everything else reads plain tensors.
// Reorders stand only where the two meet, one per value and direction.
#include <map>
#include <set>

#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

using ir::Layout;

/// Both orders are the same bytes: one channel, or one pixel.
bool order_free(const ir::Value& v) {
  const ir::SymShape& s = v.type.shape;
  if (s.size() < 3) return true;
  if (s[1] == ir::SymDim(1)) return true;
  for (size_t i = 2; i < s.size(); ++i)
    if (!(s[i] == ir::SymDim(1))) return false;
  return true;
}

/// Is the convolution big enough for vectors over channels? C * K / groups; depthwise by C.
bool wants_channels_last(const ir::Node& n) {
  const ir::SymShape& w = n.input(1)->type.shape;
  if (!w[0].is_const() || !w[1].is_const()) return false;
  int64_t groups = n.get<int64_t>("groups");
  if (w[1].value() == 1 && groups > 1) return w[0].value() >= 16;
  return w[0].value() * w[1].value() >= 256 || (w[0].value() >= 32 && groups == 1);
}

/// Few input channels: the convolution reads the plain image and writes channels-last.
bool reads_plain(const ir::Node& n) {
  return n.input(1)->type.shape[1].value() * n.get<int64_t>("groups") <= 4;
}

/// Layers that keep shape-rank and run equally well in either order.
bool follows_input(const ir::Node& n) {
  static const std::set<std::string> kOps = {"pooling", "adaptive_pooling", "elementwise",
                                             "unary",   "activation",       "select",
                                             "cast",    "pointwise",        "resize"};
  return kOps.count(n.op) > 0 || (n.op == "concatenation" && n.get<int64_t>("axis") == 1);
}

/// Reductions over all spatial dims read channels-last well; their output has one pixel.
bool reduces_pixels(const ir::Node& n) {
  if (n.op != "reduce") return false;
  std::vector<int64_t> all;
  for (size_t i = 2; i < n.input(0)->type.shape.size(); ++i) all.push_back(static_cast<int64_t>(i));
  return n.get<std::vector<int64_t>>("axes") == all && !all.empty();
}

class Chooser {
 public:
  Chooser(ir::Graph& g, kernels::Device device) : g_(g), cuda_(device == kernels::Device::kCUDA) {}

  bool run() {
    for (auto it = g_.nodes().begin(); it != g_.nodes().end();) visit(*(it++)->get());
    for (ir::Value*& out : g_.outputs) out = in_order(out, Layout::kPlain, nullptr);
    return changed_;
  }

 private:
  void visit(ir::Node& n) {
    if (n.is_constant() || n.op == "reorder") return;
    if (n.op == "prepare_image") {
      take(n, 0, Layout::kPlain);
      write_channels_last(n);
    } else if (n.op == "convolution" && (cuda_ || wants_channels_last(n))) {
      if (cuda_ || !reads_plain(n)) take(n, 0, Layout::kChannelsLast);
      take(n, 1, Layout::kPlain);  // weights may be computed at run time
      take(n, 2, Layout::kPlain);
      take(n, 3, Layout::kChannelsLast);
      write_channels_last(n);
    } else if (follows_input(n) && any_channels_last(n)) {
      for (size_t i = 0; i < n.inputs.size(); ++i)
        if (is_full(n, i)) take(n, i, Layout::kChannelsLast);
      write_channels_last(n);
    } else if (!reduces_pixels(n)) {
      for (size_t i = 0; i < n.inputs.size(); ++i) take(n, i, Layout::kPlain);
    }
  }

  /// Inputs that are images themselves, not a scalar or a per-channel vector.
  bool is_full(const ir::Node& n, size_t i) const {
    const ir::Value* v = n.inputs[i];
    return v && !ir::constant_of(v) && v->type.shape.size() == n.output()->type.shape.size() &&
           !order_free(*v);
  }

  bool any_channels_last(const ir::Node& n) const {
    for (const ir::Value* v : n.inputs)
      if (v && v->layout == Layout::kChannelsLast &&
          v->type.shape.size() == n.output()->type.shape.size())
        return true;
    return false;
  }

  void write_channels_last(ir::Node& n) {
    for (const auto& out : n.outputs()) {
      if (order_free(*out) || out->layout == Layout::kChannelsLast) continue;
      out->layout = Layout::kChannelsLast;
      changed_ = true;
    }
  }

  void take(ir::Node& n, size_t i, Layout layout) {
    if (i < n.inputs.size() && n.inputs[i]) n.inputs[i] = in_order(n.inputs[i], layout, &n);
  }

  /// `v` in the wanted order: itself, an earlier reorder of it, or a new one before `before`.
  ir::Value* in_order(ir::Value* v, Layout layout, const ir::Node* before) {
    if (v->layout == layout || ir::constant_of(v) || order_free(*v)) return v;
    auto [it, fresh] = reordered_.try_emplace({v, layout}, nullptr);
    if (fresh) {
      ir::Node* r = net::add_layer(g_, "reorder", {v}, {}, v->name + ".reordered", before);
      r->output()->layout = layout;
      if (v->producer()) r->origin = v->producer()->origin;
      it->second = r->output();
      changed_ = true;
    }
    return it->second;
  }

  ir::Graph& g_;
  const bool cuda_;
  std::map<std::pair<ir::Value*, Layout>, ir::Value*> reordered_;
  bool changed_ = false;
};

}  // namespace

bool choose_layouts(ir::Graph& g, kernels::Device device) { return Chooser(g, device).run(); }

}  // namespace tenon::engine::passes
