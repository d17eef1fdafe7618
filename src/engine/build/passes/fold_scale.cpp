// SPDX-License-Identifier: Apache-2.0
// scale(conv(x, w) + b) = conv(x, w * s) + (b * s + t), per output channel. The product is taken in
// double and stays lazy, so the folded weights exist only while they are packed.
#include "base/error.h"
#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

bool is_f32(const ir::ConstantPtr& c) {
  return c && c->has_data() && c->format.empty() && c->dtype == DataType::kFLOAT;
}

/// Does `scale` act on the output channels of `n`, all operands being float32 constants?
bool can_fold(const ir::Node& n, const ir::Node& scale) {
  if (n.op != "convolution" && n.op != "linear") return false;
  int64_t rank = static_cast<int64_t>(n.output()->type.shape.size());
  int64_t channel = n.op == "linear" ? rank - 1 : 1;
  if (scale.get<int64_t>("axis") != channel || n.input(3) ||
      !n.get<std::string>("activation").empty())
    return false;
  bool bias_ok = !n.input(2) || is_f32(ir::constant_of(n.input(2)));
  return bias_ok && is_f32(ir::constant_of(n.input(1))) &&
         is_f32(ir::constant_of(scale.input(1))) && is_f32(ir::constant_of(scale.input(2)));
}

ir::ConstantPtr scaled_kernel(const ir::ConstantPtr& w, const ir::ConstantPtr& s) {
  auto c = std::make_shared<ir::Constant>(*w);
  c->data = nullptr;
  c->fill = [w, s](void* out) {
    auto weights = w->materialise();
    auto scale = s->materialise();
    const float* from = static_cast<const float*>(weights.get());
    const float* by = static_cast<const float*>(scale.get());
    float* to = static_cast<float*>(out);
    size_t channels = static_cast<size_t>(w->shape[0]),
           inner = channels ? w->bytes / 4 / channels : 0;
    for (size_t k = 0; k < channels; ++k)
      for (size_t i = 0; i < inner; ++i)
        to[k * inner + i] = static_cast<float>(static_cast<double>(from[k * inner + i]) * by[k]);
  };
  return c;
}

ir::ConstantPtr scaled_bias(const ir::ConstantPtr& b, const ir::ConstantPtr& s,
                            const ir::ConstantPtr& t) {
  auto scale = s->materialise(), shift = t->materialise();
  auto bias = b ? b->materialise() : nullptr;
  std::vector<float> out(static_cast<size_t>(s->shape[0]));
  for (size_t k = 0; k < out.size(); ++k) {
    double x = bias ? static_cast<const float*>(bias.get())[k] : 0.0;
    out[k] = static_cast<float>(x * static_cast<const float*>(scale.get())[k] +
                                static_cast<const float*>(shift.get())[k]);
  }
  return ir::make_constant(DataType::kFLOAT, s->shape, out.data());
}

}  // namespace

bool fold_scale(ir::Graph& g) {
  bool changed = false;
  auto counts = g.use_counts();
  for (auto it = g.nodes().begin(); it != g.nodes().end();) {
    ir::Node* scale = (it++)->get();
    if (scale->op != "scale") continue;
    ir::Node* n = scale->input(0)->producer();
    if (!n || counts[scale->input(0)] != 1 || !can_fold(*n, *scale)) continue;
    ir::ConstantPtr w = ir::constant_of(n->input(1)), b = ir::constant_of(n->input(2));
    ir::ConstantPtr s = ir::constant_of(scale->input(1)), t = ir::constant_of(scale->input(2));
    n->inputs[1] = g.add_constant(scaled_kernel(w, s), n->input(1)->name + ".scaled");
    n->inputs.resize(std::max<size_t>(n->inputs.size(), 3));
    n->inputs[2] = g.add_constant(scaled_bias(b, s, t), scale->output()->name + ".bias");
    add_origin(*n, *scale);
    replace_and_erase(g, scale->output(), n->output());
    counts = g.use_counts();
    changed = true;
  }
  g.remove_dead();
  return changed;
}

}  // namespace tenon::engine::passes
