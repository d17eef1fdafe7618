// SPDX-License-Identifier: Apache-2.0
// Behind the network API: an ir::Graph{net} whose types are inferred when asked for. Owns graph,
// layer and tensor handles. A node is "valid" while the types of its outputs follow from its inputs
// and attributes; nothing downstream of a node that is not valid is valid. One thread at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/graph.h"
#include "tenon/network.h"

namespace tenon {

/// What a layer handle points to.
struct LayerState {
  NetworkImpl* network = nullptr;
  ir::Node* node = nullptr;
  /// Runs before each inference, when the input types are known: completes what the caller gave.
  std::function<void()> prepare;
  // Shuffle: what the caller asked for, resolved by prepare.
  std::map<std::string, std::vector<int64_t>> permutations;  // attribute -> entries, not yet cut
  std::optional<ir::SymShape> reshape;                       // with nvinfer1's 0 and -1
  bool zero_copies = true;                                   // 0 in `reshape`: the input's size
  /// Tensors whose type or content `prepare` reads although they are no inputs of the node: shape
  /// tensors, by nvinfer1's input number; -1 for one that is only asked for its shape.
  std::map<int32_t, const ir::Value*> reads;
};

struct NetworkImpl {
  NetworkImpl() : graph(owned_) {}
  /// A facade over a graph of somebody else's, which must outlive it: what a user's converter adds
  /// its layers through. Weights are copied, because the graph outlives the converter's own; inputs
  /// and outputs are the owner's business.
  explicit NetworkImpl(ir::Graph& attached)
      : graph(attached), copies_weights(true), attached_(true) {}
  static std::unique_ptr<INetworkDefinition> attach(ir::Graph& graph);

 private:
  ir::Graph owned_;

 public:
  ir::Graph& graph;
  std::string name;
  bool copies_weights = false;  // false: they live until the build, as nvinfer1 asks
  ir::Origin origin;            // attached: given to the layers that are added
  std::vector<std::unique_ptr<ILayer>> layers;  // as the caller made them

  ITensor* add_input(const std::string& name, DataType type, const Dims& dims);
  /// A layer whose inputs are null or tensors of this network.
  ILayer* add(const std::string& op, const std::vector<ITensor*>& inputs);
  IConstantLayer* add_constant(const Dims& dims, Weights weights);
  /// A constant whose shape is set by set_weights.
  ir::Value* add_weights(const std::string& name, const Weights& weights);
  void set_weights_shape(ir::Value* constant, const std::vector<int64_t>& shape);

  ITensor* handle(const ir::Value* value);  // null for null
  ir::Value* value(const ITensor& tensor);  // of this network, else Error
  static ir::Value* raw(const ITensor& tensor) { return static_cast<ir::Value*>(tensor.value_); }
  static LayerState& state(ILayer& layer) { return *layer_state(layer); }

  /// Infers what `value` depends on, so that its type can be read.
  void ensure(const ir::Value* value);
  void invalidate(const ir::Node* node);
  void invalidate_users(const ir::Value* value);
  void set_input(LayerState& layer, size_t index, ITensor& tensor);
  /// A declared attribute by its name; sizes may hold shuffle's 0 and -1 there.
  void set_attr(LayerState& layer, const std::string& name, ir::Attr value);
  /// Its value, resolved as far as the layer's inputs say.
  ir::Attr attr(LayerState& layer, const std::string& name);
  /// The layer depends on `of` through its `prepare`, not through an input.
  void read_shape(LayerState& layer, const ir::Value* of);
  /// Input sizes were given anew: the symbols in use.
  void refresh_symbols();
  bool is_output(const ir::Value* value) const;
  /// Throws for what is not a converter's to do: `what` is "addInput" or the like.
  void check_owned(const char* what) const;

  /// The network as a graph of its own, inferred and checked, without dead layers.
  ir::Graph finished();

 private:
  static LayerState* layer_state(ILayer& layer);
  ILayer* make_handle(const std::string& op, LayerState* state);
  void infer(ir::Node* node);
  LayerState* state_of(const ir::Node* node) const;  // null: not made through this facade
  bool depends_on(const ir::Node& node, const std::unordered_set<const ir::Value*>& values) const;
  bool grow_stale(std::unordered_set<const ir::Value*>& stale);
  void forget(std::unordered_set<const ir::Value*> stale);

  const bool attached_ = false;
  bool has_reads_ = false;  // of any layer
  std::vector<std::unique_ptr<LayerState>> states_;
  std::unordered_map<const ir::Node*, LayerState*> state_of_;
  std::unordered_map<const ir::Value*, std::unique_ptr<ITensor>> handles_;
  std::unordered_set<const ir::Node*> valid_;
};

namespace net {

/// -1 for sizes known only at run time.
Dims to_dims(const ir::SymShape& shape);
/// The public form of a list; throws if it has more than eight values.
Dims to_dims(const std::vector<int64_t>& list);
std::vector<int64_t> to_ints(const Dims& dims);
/// "convolution 'conv1'".
std::string title(const LayerState& layer);
/// The attribute that nvinfer1 lets a shape tensor give as input `index` of `op`, or null.
const char* shape_input(const std::string& op, int32_t index);
/// Writes what the layer's shape tensors say into its attributes.
void prepare_shape_inputs(LayerState& layer);
/// Completion of shuffle: cuts permutations to the rank and resolves 0 and -1.
void prepare_shuffle(LayerState& layer);
/// nvinfer1's kDIV truncates on integers.
void prepare_elementwise(LayerState& layer);

}  // namespace net
}  // namespace tenon
