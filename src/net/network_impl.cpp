// SPDX-License-Identifier: Apache-2.0
#include "net/network_impl.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "ir/pass.h"
#include "net/rules.h"
#include "tenon/layers.h"

namespace tenon {
namespace {

/// Until a profile says otherwise.
constexpr ir::SymRange kAnySize = {0, 1, 0x7fffffff};

size_t element_count(const std::vector<int64_t>& shape) {
  size_t count = 1;
  for (int64_t d : shape) count *= static_cast<size_t>(d);
  return count;
}

/// A view, unless `copy`: then the caller keeps the values alive until the build.
ir::ConstantPtr constant_of(const Weights& weights, std::vector<int64_t> shape,
                            const std::string& name, bool copy) {
  TENON_CHECK(size_of(weights.type) > 0, "constant '", name, "': type ", name_of(weights.type),
              " has no addressable elements");
  const size_t count = element_count(shape);
  TENON_CHECK(weights.count >= 0 && static_cast<size_t>(weights.count) == count, "constant '", name,
              "' has ", weights.count, " values, wanted ", count, " for shape ",
              str(ir::SymShape(shape.begin(), shape.end())));
  TENON_CHECK(weights.values || count == 0, "constant '", name, "': values is null");
  if (copy && weights.values) return ir::make_constant(weights.type, shape, weights.values);
  auto c = std::make_shared<ir::Constant>();
  c->dtype = weights.type;
  c->shape = std::move(shape);
  c->bytes = count * size_of(weights.type);
  static const char kNothing = 0;
  c->data = std::shared_ptr<const void>(std::shared_ptr<const void>(),
                                        weights.values ? weights.values : &kNothing);
  c->name = name;
  return c;
}

}  // namespace

std::unique_ptr<INetworkDefinition> NetworkImpl::attach(ir::Graph& graph) {
  return std::unique_ptr<INetworkDefinition>(
      new INetworkDefinition(std::make_unique<NetworkImpl>(graph)));
}

void NetworkImpl::check_owned(const char* what) const {
  TENON_CHECK(!attached_, what,
              ": the inputs and outputs of a network that is being converted are ",
              "the compiler's; a converter reads its arguments and returns its results");
}

ITensor* NetworkImpl::add_input(const std::string& input, DataType type, const Dims& dims) {
  check_owned("addInput");
  TENON_CHECK(!input.empty(), "an input needs a name");
  for (const auto& other : graph.inputs())
    TENON_CHECK(other->name != input, "there are two inputs named '", input, "'");
  for (int64_t d : net::to_ints(dims))
    TENON_CHECK(d >= -1, "input '", input, "': size ", d, ", wanted -1 or at least 0");
  ir::Value* v = graph.add_input(input, net::tensor(type, {}));
  TENON_CHECK(v->name == input, "input '", input, "': another tensor has that name");
  ITensor* tensor = handle(v);
  tensor->setDimensions(dims);
  return tensor;
}

void NetworkImpl::refresh_symbols() {
  std::set<std::string> used;
  for (const auto& in : graph.inputs())
    for (const ir::SymDim& d : in->type.shape) d.collect_symbols(used);
  graph.symbols.clear();
  for (const std::string& s : used) graph.symbols[s] = kAnySize;
}

ITensor* NetworkImpl::handle(const ir::Value* value) {
  if (!value) return nullptr;
  auto& slot = handles_[value];
  if (!slot) slot.reset(new ITensor(this, const_cast<ir::Value*>(value)));
  return slot.get();
}

ir::Value* NetworkImpl::value(const ITensor& tensor) {
  TENON_CHECK(tensor.network_ == this, "tensor '", raw(tensor)->name,
              "' belongs to another network");
  return raw(tensor);
}

LayerState* NetworkImpl::layer_state(ILayer& layer) { return layer.state_; }

ILayer* NetworkImpl::make_handle(const std::string& op, LayerState* state) {
#define TENON_LAYER(Name, op_) \
  if (op == op_) return new I##Name##Layer(state);
#define TENON_INPUT(index, name, required)
#define TENON_ATTR(...)
#define TENON_END()
#include "tenon/layers.def"
#undef TENON_LAYER
#undef TENON_INPUT
#undef TENON_ATTR
#undef TENON_END
  TENON_ASSERT(op == "constant", "no class for layer ", op);
  return new IConstantLayer(state);
}

ILayer* NetworkImpl::add(const std::string& op, const std::vector<ITensor*>& inputs) {
  std::vector<ir::Value*> values;
  for (const ITensor* t : inputs) values.push_back(t ? value(*t) : nullptr);
  states_.push_back(std::make_unique<LayerState>());
  LayerState* state = states_.back().get();
  state->network = this;
  state->node = net::add_layer_uninferred(graph, op, values, op);
  state->node->origin = origin;
  if (!attached_) state->node->origin.node = state->node->output()->name;
  state_of_[state->node] = state;
  if (op == "shuffle") state->prepare = [state] { net::prepare_shuffle(*state); };
  if (op == "elementwise") state->prepare = [state] { net::prepare_elementwise(*state); };
  layers.emplace_back(make_handle(op, state));
  return layers.back().get();
}

IConstantLayer* NetworkImpl::add_constant(const Dims& dims, Weights weights) {
  ir::Value* v = add_weights("constant", weights);
  set_weights_shape(v, net::to_ints(dims));
  states_.push_back(std::make_unique<LayerState>());
  states_.back()->network = this;
  states_.back()->node = v->producer();
  v->producer()->origin.node = v->name;
  layers.emplace_back(make_handle("constant", states_.back().get()));
  return static_cast<IConstantLayer*>(layers.back().get());
}

ir::Value* NetworkImpl::add_weights(const std::string& base, const Weights& weights) {
  TENON_CHECK(weights.count >= 0 && (weights.values || weights.count == 0), base, " has no values");
  return graph.add_constant(constant_of(weights, {weights.count}, base, copies_weights), base);
}

void NetworkImpl::set_weights_shape(ir::Value* constant, const std::vector<int64_t>& shape) {
  ir::Node* node = constant->producer();
  ir::Constant shaped = *node->get<ir::ConstantPtr>("data");  // shares the bytes
  const size_t count = shaped.bytes / size_of(shaped.dtype);
  TENON_CHECK(count == element_count(shape), "constant '", constant->name, "' has ", count,
              " values, wanted ", element_count(shape), " for shape ",
              str(ir::SymShape(shape.begin(), shape.end())));
  shaped.shape = shape;
  shaped.name = constant->name;
  node->set("data", ir::ConstantPtr(std::make_shared<ir::Constant>(std::move(shaped))));
  constant->type = net::infer(*node).at(0);
}

void NetworkImpl::infer(ir::Node* node) {
  const auto it = state_of_.find(node);
  TENON_ASSERT(it != state_of_.end(), "a layer without a handle");
  with_frame([&] { return "in layer '" + node->origin.node + "'"; },
             [&] {
               net::prepare_shape_inputs(*it->second);
               if (it->second->prepare) it->second->prepare();
               net::check_declared(*node);
               const auto types = net::infer(*node);
               TENON_ASSERT(types.size() == node->outputs().size(), "number of outputs of ",
                            node->op);
               for (size_t i = 0; i < types.size(); ++i) node->output(i)->type = types[i];
             });
  valid_.insert(node);
}

void NetworkImpl::ensure(const ir::Value* value) {
  // Depth first without recursion, because networks can be thousands of layers deep.
  std::vector<ir::Node*> stack;
  const auto push = [&](const ir::Value* v) {
    ir::Node* n = v ? v->producer() : nullptr;
    if (!n || n->is_constant() || valid_.count(n)) return false;
    if (attached_ && !state_of_.count(n)) return false;  // the owner's layers have their types
    stack.push_back(n);
    return true;
  };
  push(value);
  while (!stack.empty()) {
    ir::Node* node = stack.back();
    bool waits = false;
    for (const ir::Value* in : node->inputs) waits = push(in) || waits;
    if (const LayerState* state = state_of(node))
      for (const auto& [index, v] : state->reads) waits = push(v) || waits;
    if (waits) continue;
    stack.pop_back();
    if (!valid_.count(node)) infer(node);
  }
}

bool NetworkImpl::is_output(const ir::Value* v) const {
  return std::find(graph.outputs.begin(), graph.outputs.end(), v) != graph.outputs.end();
}

ir::Graph NetworkImpl::finished() {
  TENON_CHECK(!graph.outputs.empty(), "the network has no output: call markOutput");
  for (const ir::Value* out : graph.outputs) ensure(out);
  graph.output_names.clear();
  for (const ir::Value* out : graph.outputs) graph.output_names.push_back(out->name);
  // Layers no output depends on may be unfinished; they are not part of what is built.
  ir::Graph copy = graph.clone();
  copy.remove_dead();
  ir::verify(copy);
  net::check_net(copy);
  return copy;
}

namespace net {

std::string title(const LayerState& layer) {
  return layer.node->op + " '" + layer.node->origin.node + "'";
}

Dims to_dims(const std::vector<int64_t>& list) {
  TENON_CHECK(list.size() <= Dims::MAX_DIMS, "a list of ", list.size(),
              " values does not fit Dims, which hold ", static_cast<int>(Dims::MAX_DIMS));
  Dims dims;
  for (int64_t v : list) dims.d[dims.nbDims++] = v;
  return dims;
}

Dims to_dims(const ir::SymShape& shape) {
  std::vector<int64_t> list;
  for (const ir::SymDim& d : shape) list.push_back(d.is_const() ? d.value() : -1);
  return to_dims(list);
}

std::vector<int64_t> to_ints(const Dims& dims) {
  TENON_CHECK(dims.nbDims >= 0 && dims.nbDims <= Dims::MAX_DIMS, "nbDims is ", dims.nbDims,
              ", wanted 0 to ", static_cast<int>(Dims::MAX_DIMS));
  return {dims.d, dims.d + dims.nbDims};
}

}  // namespace net
}  // namespace tenon
