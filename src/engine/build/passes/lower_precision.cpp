// SPDX-License-Identifier: Apache-2.0
// float32 -> half (or bf16) where the options allow it. Products (convolution, linear, attention,
// ...) run in the lower type, and so does every layer all of whose operands come from layers in it;
// except those that need float32's range or digits (sums over long or unknown ranges, exponentials,
// generated numbers) and what the user cast to float32 explicitly. What these compute stays float32
// until the next product. The engine's inputs and outputs keep their types. Arithmetic inside
// kernels stays float32: only what is stored is rounded. Constants beyond half's range (masks of
// -3e38) become its largest numbers, so that a sum with one stays finite as it was.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "base/half.h"
#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

constexpr float kHalfMax = 65504;

/// The lower type that the options name first, or float32.
DataType lower_type(const std::vector<std::string>& wish) {
  for (const std::string& name : wish) {
    if (name == "float16" || name == "half") return DataType::kHALF;
    if (name == "bfloat16") return DataType::kBF16;
  }
  return DataType::kFLOAT;
}

bool is_product(const ir::Node& n) {
  static const std::set<std::string> kProducts = {"convolution", "deconvolution", "linear",
                                                  "matrix_multiply", "attention"};
  return kProducts.count(n.op) > 0;
}

/// Only products gain from the lower type; without one the graph is left alone.
bool has_products(const ir::Graph& g) {
  return std::any_of(g.nodes().begin(), g.nodes().end(), [](const auto& n) {
    return is_product(*n) && n->output()->type.dtype == DataType::kFLOAT;
  });
}

bool keeps_float(const ir::Node& n) {
  static const std::set<std::string> kOps = {"cast", "cumsum", "range", "fill", "topk", "size_of"};
  static const std::set<std::string> kUnary = {"exp",  "log",   "recip", "rsqrt", "sinh",
                                               "cosh", "expm1", "log1p", "tan"};
  if (kOps.count(n.op)) return true;
  if (n.op == "unary") return kUnary.count(n.get<std::string>("operation")) > 0;
  if (n.op == "elementwise") {
    const std::string& op = n.get<std::string>("operation");
    return op == "pow" || op == "div" || op == "floor_div" || op == "mod" || op == "fmod" ||
           op == "trunc_div";
  }
  if (n.op == "reduce") {
    const std::string& op = n.get<std::string>("operation");
    return op == "sum" || op == "prod";
  }
  return false;
}

ir::ConstantPtr lowered_constant(const ir::ConstantPtr& from, DataType to) {
  auto c = std::make_shared<ir::Constant>();
  c->dtype = to;
  c->shape = from->shape;
  c->bytes = from->bytes / 2;
  c->name = from->name;
  c->fill = [from, to](void* out) {
    const std::shared_ptr<const void> data = from->materialise();
    const auto* x = static_cast<const float*>(data.get());
    auto* y = static_cast<uint16_t*>(out);
    for (size_t i = 0; i < from->bytes / 4; ++i) {
      const bool finite = std::isfinite(x[i]);
      y[i] = to == DataType::kBF16 ? float_to_bf16(x[i])
             : finite              ? float_to_half(std::clamp(x[i], -kHalfMax, kHalfMax))
                                   : float_to_half(x[i]);
    }
  };
  return c;
}

class Lowering {
 public:
  Lowering(ir::Graph& g, DataType to) : g_(g), to_(to) {}

  void run() {
    std::vector<ir::Node*> nodes;
    for (const auto& n : g_.nodes())
      if (!n->is_constant()) nodes.push_back(n.get());
    for (ir::Node* n : nodes) {
      if (keeps_float(*n) || !has_float(*n) || !(is_product(*n) || comes_lowered(*n))) {
        take(*n, DataType::kFLOAT);
      } else {
        take(*n, to_);
        for (const auto& out : n->outputs())
          if (out->type.dtype == DataType::kFLOAT) lowered_.insert(out.get());
        retype(*n);
      }
    }
    for (ir::Value*& out : g_.outputs) {
      if (lowered_.count(out)) out = cast(out, DataType::kFLOAT, nullptr);
    }
  }

 private:
  static bool has_float(const ir::Node& n) {
    return std::any_of(n.outputs().begin(), n.outputs().end(),
                       [](const auto& v) { return v->type.dtype == DataType::kFLOAT; }) ||
           std::any_of(n.inputs.begin(), n.inputs.end(),
                       [](const auto* v) { return v && v->type.dtype == DataType::kFLOAT; });
  }

  /// Are all float operands, but for constants, in the lower type already?
  bool comes_lowered(const ir::Node& n) const {
    return std::all_of(n.inputs.begin(), n.inputs.end(), [&](const ir::Value* v) {
      return !v || v->type.dtype != DataType::kFLOAT || lowered_.count(v) || ir::constant_of(v);
    });
  }

  /// The node's float operands in type `type`.
  void take(ir::Node& n, DataType type) {
    for (ir::Value*& in : n.inputs) {
      if (!in) continue;
      const bool low = lowered_.count(in) > 0;
      if (type == DataType::kFLOAT && low) in = cast(in, DataType::kFLOAT, &n);
      if (type == to_ && !low && in->type.dtype == DataType::kFLOAT) in = lower(in, &n);
    }
  }

  ir::Value* lower(ir::Value* v, const ir::Node* before) {
    ir::ConstantPtr c = ir::constant_of(v);
    if (!c || !c->has_data()) return cast(v, to_, before);
    auto [it, fresh] = constants_.try_emplace(v, nullptr);
    if (fresh) it->second = g_.add_constant(lowered_constant(c, to_), v->name + ".low");
    return it->second;
  }

  ir::Value* cast(ir::Value* v, DataType type, const ir::Node* before) {
    auto [it, fresh] = casts_.try_emplace({v, type}, nullptr);
    if (fresh) {
      ir::Node* n = net::add_layer(g_, "cast", {v}, {{"to", type}}, v->name + ".cast", before);
      if (v->producer()) n->origin = v->producer()->origin;
      it->second = n->output();
    }
    return it->second;
  }

  /// The outputs' types after the inputs' have changed.
  void retype(ir::Node& n) {
    const std::vector<ir::Type> types = net::infer(n);
    for (size_t i = 0; i < types.size(); ++i) n.output(i)->type.dtype = types[i].dtype;
    for (const auto& out : n.outputs())
      if (out->type.dtype == DataType::kFLOAT) lowered_.erase(out.get());
  }

  ir::Graph& g_;
  const DataType to_;
  std::set<const ir::Value*> lowered_;
  std::map<const ir::Value*, ir::Value*> constants_;
  std::map<std::pair<ir::Value*, DataType>, ir::Value*> casts_;
};

}  // namespace

bool lower_precision(ir::Graph& g, const std::vector<std::string>& enabled_precisions) {
  const DataType to = lower_type(enabled_precisions);
  if (to == DataType::kFLOAT || !has_products(g)) return false;
  Lowering(g, to).run();
  g.remove_dead();
  return true;
}

}  // namespace tenon::engine::passes
