// SPDX-License-Identifier: Apache-2.0
// scale(conv(x, w) + b) = conv(x, w * s) + (b * s + t), per output channel. The product is taken in
// double and stays lazy, so the folded weights exist only while they are packed.
#include "base/element.h"
#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

bool is_float(const ir::ConstantPtr& c) {
  return c && c->has_data() && c->format.empty() &&
         (c->dtype == DataType::kFLOAT || c->dtype == DataType::kHALF ||
          c->dtype == DataType::kBF16);
}

/// Does `scale` act on the output channels of `n`, all operands being floating point constants?
bool can_fold(const ir::Node& n, const ir::Node& scale) {
  if (n.op != "convolution" && n.op != "linear") return false;
  int64_t rank = static_cast<int64_t>(n.output()->type.shape.size());
  int64_t channel = n.op == "linear" ? rank - 1 : 1;
  if (scale.get<int64_t>("axis") != channel || n.input(3) ||
      !n.get<std::string>("activation").empty())
    return false;
  bool bias_ok = !n.input(2) || is_float(ir::constant_of(n.input(2)));
  return bias_ok && is_float(ir::constant_of(n.input(1))) &&
         is_float(ir::constant_of(scale.input(1))) && is_float(ir::constant_of(scale.input(2)));
}

ir::ConstantPtr scaled_kernel(const ir::ConstantPtr& w, const ir::ConstantPtr& s) {
  auto c = std::make_shared<ir::Constant>(*w);
  c->data = nullptr;
  c->fill = [w, s](void* out) {
    const auto weights = w->materialise(), scale = s->materialise();
    const size_t channels = static_cast<size_t>(w->shape[0]);
    const size_t inner = channels ? w->bytes / size_of(w->dtype) / channels : 0;
    for (size_t k = 0; k < channels; ++k) {
      const double by = load_element(scale.get(), s->dtype, k);
      for (size_t i = k * inner; i < (k + 1) * inner; ++i)
        store_float_element(out, w->dtype, i, load_element(weights.get(), w->dtype, i) * by);
    }
  };
  return c;
}

ir::ConstantPtr scaled_bias(const ir::ConstantPtr& b, const ir::ConstantPtr& s,
                            const ir::ConstantPtr& t) {
  const auto scale = s->materialise(), shift = t->materialise();
  const auto bias = b ? b->materialise() : nullptr;
  const size_t count = static_cast<size_t>(s->shape[0]);
  std::vector<char> out(count * size_of(s->dtype));
  for (size_t k = 0; k < count; ++k) {
    const double x = bias ? load_element(bias.get(), b->dtype, k) : 0.0;
    store_float_element(
        out.data(), s->dtype, k,
        x * load_element(scale.get(), s->dtype, k) + load_element(shift.get(), t->dtype, k));
  }
  return ir::make_constant(s->dtype, s->shape, out.data());
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
