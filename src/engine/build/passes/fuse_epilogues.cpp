// SPDX-License-Identifier: Apache-2.0
// convolution/linear followed by + bias, + residual, activation -> one layer
// activation(product + bias + residual). The layer moves down to where its last operand exists.
#include <map>
#include <set>

#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

/// Activations the fused layers define.
bool fusible_activation(const std::string& type) {
  static const std::set<std::string> kTypes = {
      "relu",     "sigmoid",   "tanh", "leaky_relu", "elu",          "clip", "softplus",
      "gelu_erf", "gelu_tanh", "silu", "hard_swish", "hard_sigmoid", "mish"};
  return kTypes.count(type) > 0;
}

/// On CUDA library kernels do the product, with these in the same step; others become pointwise
/// kernels of ours.
bool device_fuses(kernels::Device device, const ir::Node& product, const std::string& type) {
  if (device == kernels::Device::kCPU) return true;
  return type == "relu" || (type == "gelu_tanh" && product.op == "linear");
}

bool is_float(DataType t) {
  return t == DataType::kFLOAT || t == DataType::kHALF || t == DataType::kBF16;
}

bool has_epilogue(const ir::Node& n) { return n.op == "convolution" || n.op == "linear"; }

class Fuser {
 public:
  Fuser(ir::Graph& g, kernels::Device device) : g_(g), device_(device) { renumber(); }

  bool run() {
    bool changed = false;
    for (auto it = g_.nodes().begin(); it != g_.nodes().end();) {
      ir::Node* node = (it++)->get();
      if (node->op == "activation") changed |= fuse_activation(*node);
      if (node->op == "elementwise" && node->get<std::string>("operation") == "sum")
        changed |= fuse_sum(*node);
    }
    return changed;
  }

 private:
  void renumber() {
    counts_ = g_.use_counts();
    order_.clear();
    int i = 0;
    for (const auto& n : g_.nodes()) order_[n.get()] = i++;
  }

  /// The layer that produces `v` for this one user only, if an epilogue can still be added to it.
  ir::Node* open_producer(ir::Value* v) {
    ir::Node* n = v ? v->producer() : nullptr;
    if (!n || !has_epilogue(*n) || counts_[v] != 1) return nullptr;
    return n->get<std::string>("activation").empty() ? n : nullptr;
  }

  /// The product node re-made in place of `last`, which it swallows.
  ir::Node* absorb(ir::Node& product, ir::Node& last) {
    ir::Node* fused = copy_node(g_, product, &last);
    fused->inputs.resize(4);
    add_origin(*fused, last);
    g_.replace_uses(last.output(), fused->output());
    return fused;
  }

  void finish(ir::Node& fused, ir::Node& product, ir::Node& last) {
    std::string name = last.output()->name;
    g_.erase(&last);
    g_.erase(&product);
    fused.output()->name = name;
    renumber();
  }

  bool fuse_activation(ir::Node& act) {
    ir::Node* product = open_producer(act.input(0));
    const std::string& type = act.get<std::string>("type");
    if (!product || !fusible_activation(type) || !accepts(act.output()->type.dtype) ||
        !device_fuses(device_, *product, type))
      return false;
    ir::Node* fused = absorb(*product, act);
    fused->set("activation", type);
    fused->set("alpha", act.get<double>("alpha"));
    fused->set("beta", act.get<double>("beta"));
    finish(*fused, *product, act);
    return true;
  }

  bool fuse_sum(ir::Node& sum) {
    // Of two products the later one takes the other as its residual.
    int first = 0;
    ir::Node* a = open_producer(sum.input(0));
    ir::Node* b = open_producer(sum.input(1));
    if (!a || (b && order_[b] > order_[a])) first = 1;
    return sum.input(0) != sum.input(1) &&
           (fuse_sum_with(sum, first) || fuse_sum_with(sum, 1 - first));
  }

  bool fuse_sum_with(ir::Node& sum, int side) {
    ir::Node* product = open_producer(sum.input(static_cast<size_t>(side)));
    ir::Value* other = sum.input(static_cast<size_t>(1 - side));
    if (!product || !accepts(other->type.dtype) || product->output()->type != sum.output()->type)
      return false;
    if (ir::Value* bias = as_bias(*product, other, sum)) {
      ir::Node* fused = absorb(*product, sum);
      fused->inputs[2] = bias;
      finish(*fused, *product, sum);
      return true;
    }
    if (product->input(3) || other->type != sum.output()->type || ir::constant_of(other))
      return false;
    ir::Node* fused = absorb(*product, sum);
    fused->inputs[3] = other;
    finish(*fused, *product, sum);
    return true;
  }

  /// The CPU's fused kernels are float32 only.
  bool accepts(DataType t) const {
    return device_ == kernels::Device::kCPU ? t == DataType::kFLOAT : is_float(t);
  }

  /// `other` as a [N] bias, if it is a constant that varies along the output channels only.
  ir::Value* as_bias(ir::Node& product, ir::Value* other, ir::Node& before) {
    if (product.input(2) || product.input(3) || !ir::constant_of(other)) return nullptr;
    const ir::SymShape& out = product.output()->type.shape;
    const ir::SymShape& shape = other->type.shape;
    size_t channel = product.op == "linear" ? out.size() - 1 : 1;
    size_t at = out.size() - channel;  // counted from the back
    if (shape.size() < at || shape.size() > out.size() ||
        !(shape[shape.size() - at] == out[channel]))
      return nullptr;
    for (size_t i = 0; i < shape.size(); ++i)
      if (i != shape.size() - at && !(shape[i] == ir::SymDim(1))) return nullptr;
    if (shape.size() == 1) return other;
    return net::add_layer(g_, "shuffle", {other},
                          {{"has_reshape", true}, {"reshape_dims", ir::SymShape{out[channel]}}},
                          other->name + ".bias", &before)
        ->output();
  }

  ir::Graph& g_;
  const kernels::Device device_;
  std::unordered_map<const ir::Value*, int> counts_;
  std::unordered_map<const ir::Node*, int> order_;
};

}  // namespace

bool fuse_epilogues(ir::Graph& g, kernels::Device device) {
  bool changed = Fuser(g, device).run();
  if (changed) fold_constants(g);
  return changed;
}

}  // namespace tenon::engine::passes
