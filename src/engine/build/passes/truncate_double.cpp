// SPDX-License-Identifier: Apache-2.0
// float64 -> float32 where the options ask for it. The engine's inputs are cast on their way in and
// its outputs on their way out, so that callers see the types they know; constants are narrowed
// once, here. A cast that reads an input or a constant, or makes an output and nothing else, stays
// as it is: it is exact, and gains nothing. Integers stay 64 bits wide: engines compute them as
// they are.
//
// A number in the graph (a constant, an attribute) that is finite and not zero keeps both
// properties: beyond float32's range it becomes float32's largest number or its smallest normal
// one. So a mask of finfo(float64).min does not become -inf, whose softmax is NaN where a row is
// all masked, and an epsilon of 1e-300 does not become 0, by which something is divided.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

bool is_double(const ir::Value* v) { return v && v->type.dtype == DataType::kDOUBLE; }

double within_float(double x) {
  using Float = std::numeric_limits<float>;
  if (x == 0 || !std::isfinite(x)) return x;
  return std::copysign(std::clamp<double>(std::abs(x), Float::min(), Float::max()), x);
}

ir::ConstantPtr narrowed(const ir::ConstantPtr& from) {
  auto c = std::make_shared<ir::Constant>();
  c->dtype = DataType::kFLOAT;
  c->shape = from->shape;
  c->bytes = from->bytes / 2;
  c->name = from->name;
  if (!from->has_data()) return c;  // a probe's
  c->fill = [from](void* out) {
    const std::shared_ptr<const void> data = from->materialise();
    const auto* x = static_cast<const double*>(data.get());
    std::transform(x, x + from->bytes / sizeof(double), static_cast<float*>(out),
                   [](double v) { return static_cast<float>(within_float(v)); });
  };
  return c;
}

class Truncation {
 public:
  explicit Truncation(ir::Graph& g) : g_(g) {
    for (const auto& n : g.nodes()) read_inside_.insert(n->inputs.begin(), n->inputs.end());
  }

  bool run() {
    std::vector<bool> wide;  // outputs that leave as float64
    for (const ir::Value* out : g_.outputs) wide.push_back(is_double(out));
    std::vector<ir::Node*> nodes;
    for (const auto& n : g_.nodes())
      if (!n->is_constant()) nodes.push_back(n.get());
    for (ir::Node* n : nodes) truncate(*n);
    for (size_t i = 0; i < wide.size(); ++i)
      if (wide[i] && !is_double(g_.outputs[i])) widen(g_.outputs[i]);
    erase_unused_constants();
    return changed_;
  }

 private:
  static bool from_outside(const ir::Value* v) {
    return !v->producer() || v->producer()->is_constant();
  }

  /// Does it only make an output?
  bool is_last_cast(const ir::Node& n) const {
    return n.op == "cast" && !read_inside_.count(n.output());
  }

  void truncate(ir::Node& n) {
    bool wide = std::any_of(n.outputs().begin(), n.outputs().end(),
                            [](const auto& v) { return is_double(v.get()); });
    for (ir::Value*& in : n.inputs) {
      if (!is_double(in) || (n.op == "cast" && from_outside(in))) continue;
      in = narrow(in, n);
      wide = true;
    }
    if (!wide || is_last_cast(n)) return;
    changed_ = true;
    for (auto& [name, attr] : n.attrs) {
      if (auto* type = std::get_if<DataType>(&attr); type && *type == DataType::kDOUBLE)
        *type = DataType::kFLOAT;
      if (auto* number = std::get_if<double>(&attr)) *number = within_float(*number);
    }
    const std::vector<ir::Type> types = net::infer(n);
    for (size_t i = 0; i < types.size(); ++i) n.output(i)->type.dtype = types[i].dtype;
  }

  /// Layers inside have float32 results by now, so `v` comes from outside.
  ir::Value* narrow(ir::Value* v, const ir::Node& before) {
    auto [it, fresh] = narrow_.try_emplace(v, nullptr);
    if (!fresh) return it->second;
    const std::string name = v->name + ".f32";
    if (const ir::ConstantPtr c = ir::constant_of(v)) {
      it->second = g_.add_constant(narrowed(c), name);
    } else {
      it->second =
          net::add_layer(g_, "cast", {v}, {{"to", DataType::kFLOAT}}, name, &before)->output();
    }
    return it->second;
  }

  void widen(ir::Value*& out) {
    ir::Node* cast =
        net::add_layer(g_, "cast", {out}, {{"to", DataType::kDOUBLE}}, out->name + ".f64");
    if (out->producer()) cast->origin = out->producer()->origin;
    out = cast->output();
  }

  /// Not remove_dead: a probe has no outputs, and all of it is asked about.
  void erase_unused_constants() {
    const auto uses = g_.use_counts();
    for (const auto& [from, to] : narrow_) {
      const auto it = uses.find(from);
      if (from->producer() && (it == uses.end() || it->second == 0)) g_.erase(from->producer());
    }
  }

  ir::Graph& g_;
  std::set<const ir::Value*> read_inside_;
  std::map<ir::Value*, ir::Value*> narrow_;
  bool changed_ = false;
};

}  // namespace

bool truncate_double(ir::Graph& g) { return Truncation(g).run(); }

}  // namespace tenon::engine::passes
