// SPDX-License-Identifier: Apache-2.0
// The one graph type. It carries two op-sets: `aten` (what frontends deliver; ops are named
// "aten::conv2d" or "aten::add.Tensor") and `net` (engine layers; ops are layer names of
// net/layers.def such as "convolution", plus "constant"). Straight-line SSA: nodes are kept in a
// topological order, each value has one producer or is a graph input. The graph owns its nodes,
// nodes own their output values; pointers stay valid until the node is erased. Not thread safe.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "ir/sym_dim.h"
#include "tenon/types.h"

namespace tenon::ir {

class Graph;
class Node;

/// Physical order of a tensor's elements. kChannelsLast: N,spatial...,C for rank >= 3.
enum class Layout : uint8_t { kPlain, kChannelsLast };

/// What a value holds. kTensor is the ordinary case; kSize values are integers of shape arithmetic
/// (aten::sym_size and friends; their expression is in `size`); kOther values (lists, strings, ...)
/// can only be handled by torch.
enum class Kind : uint8_t { kTensor, kSize, kOther };

struct Type {
  Kind kind = Kind::kTensor;
  DataType dtype = DataType::kFLOAT;
  SymShape shape;
  SymDim size;  // kind == kSize only
  bool operator==(const Type& o) const {
    return kind == o.kind && dtype == o.dtype && shape == o.shape && size == o.size;
  }
};
std::string str(const Type& type);  // "f32[s0, 3]"

/// Constant data. `data` may be null while building: then `fill` writes the bytes on demand, so
/// that folded weights exist only while they are packed. `probe` constants have neither (shapes
/// only). `format` names a kernel's private packing ("" = dense row-major of `shape`).
struct Constant {
  DataType dtype = DataType::kFLOAT;
  std::vector<int64_t> shape;
  size_t bytes = 0;
  std::shared_ptr<const void> data;     // keeps its owner alive (aliasing constructor)
  std::function<void(void* out)> fill;  // writes exactly `bytes` bytes
  std::string format;
  std::string name;  // parameter name ("layer1.0.conv1.weight") or ""
  bool has_data() const { return data != nullptr || fill != nullptr; }
  /// The data as a buffer that lives at least as long as the returned pointer.
  std::shared_ptr<const void> materialise() const;
};
using ConstantPtr = std::shared_ptr<const Constant>;
/// A dense constant that owns a copy of `data`.
ConstantPtr make_constant(DataType dtype, std::vector<int64_t> shape, const void* data);

class Value {
 public:
  std::string name;  // unique in its graph, without '%'
  Type type;
  Layout layout = Layout::kPlain;               // physical order; net graphs only
  Node* producer() const { return producer_; }  // null: graph input
  int index() const { return index_; }          // which output of producer()

 private:
  friend class Graph;
  friend class Node;
  Node* producer_ = nullptr;
  int index_ = 0;
};

/// A reference from an attribute to the node's input number `input`; -1 stands for None.
struct Ref {
  int input = -1;
  bool operator==(const Ref&) const = default;
};

/// Attribute or argument. monostate is None.
using Attr =
    std::variant<std::monostate, bool, int64_t, double, std::string, DataType, SymDim, Ref,
                 std::vector<int64_t>, std::vector<double>, std::vector<bool>,
                 std::vector<std::string>, std::vector<SymDim>, std::vector<Ref>, ConstantPtr>;
std::string str(const Attr& attr);

/// Where a node came from, for messages, the report and the profile.
struct Origin {
  std::string node;      // name of the frontend's node ("conv2d_3"); several joined by "+"
  std::string op;        // original op, e.g. "torch.ops.aten.conv2d.default"
  std::string module;    // "layer1.0.conv1"
  std::string location;  // "resnet.py:96"
  bool empty() const { return node.empty() && module.empty() && location.empty(); }
};

class Node {
 public:
  std::string op;
  Origin origin;
  std::vector<Value*> inputs;  // null: an optional input that is absent (net op-set)
  std::vector<std::pair<std::string, Attr>> attrs;  // in declaration order

  const std::vector<std::unique_ptr<Value>>& outputs() const { return outputs_; }
  Value* output(size_t i = 0) const { return outputs_.at(i).get(); }
  Value* input(size_t i) const { return i < inputs.size() ? inputs[i] : nullptr; }

  const Attr* find(const std::string& name) const;  // null if not there
  bool has(const std::string& name) const { return find(name) != nullptr; }
  void set(const std::string& name, Attr value);
  void erase_attr(const std::string& name);
  /// The attribute as T; throws naming node and attribute if absent or of another type.
  template <typename T>
  const T& get(const std::string& name) const;
  template <typename T>
  T get_or(const std::string& name, T fallback) const;
  Value* add_output(std::string name, Type type);
  bool is_constant() const { return op == "constant"; }

 private:
  friend class Graph;
  [[noreturn]] void bad_attr(const std::string& name, bool present) const;
  std::vector<std::unique_ptr<Value>> outputs_;
};

/// "%conv2d_3 aten::conv2d (layer1.0.conv1, resnet.py:96)".
std::string describe(const Node& node);

class Graph {
 public:
  using NodeList = std::list<std::unique_ptr<Node>>;

  Graph() = default;
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;
  /// Deep copy; `map` (optional) receives old value -> new value.
  Graph clone(std::unordered_map<const Value*, Value*>* map = nullptr) const;

  SymRanges symbols;

  Value* add_input(std::string name, Type type);
  const std::vector<std::unique_ptr<Value>>& inputs() const { return inputs_; }
  void erase_input(size_t i);

  std::vector<Value*> outputs;
  std::vector<std::string> output_names;  // parallel to `outputs`; may be empty

  NodeList& nodes() { return nodes_; }
  const NodeList& nodes() const { return nodes_; }

  /// Appends, or inserts before `before`. Outputs are added by the caller with add_output.
  Node* create(std::string op, std::vector<Value*> inputs, const Node* before = nullptr);
  /// Adds a "constant" node at the front of the graph (or before `before`) and returns its value.
  Value* add_constant(ConstantPtr data, std::string name = {}, const Node* before = nullptr);
  void erase(Node* node);  // outputs must be unused
  void move_before(Node* node, const Node* before);

  /// Every use of `from` (node inputs and graph outputs) becomes `to`.
  void replace_uses(Value* from, Value* to);
  /// Number of uses of each value (a graph output counts as one).
  std::unordered_map<const Value*, int> use_counts() const;
  std::unordered_map<const Value*, std::vector<Node*>> users() const;
  /// Removes nodes none of whose outputs is used. Returns how many.
  int remove_dead();
  /// Rebuilds a topological order that is stable with respect to the present one.
  void sort();

  /// `base` if it is free, else base_1, base_2, ...
  std::string unique_name(const std::string& base);

 private:
  std::vector<std::unique_ptr<Value>> inputs_;
  NodeList nodes_;
  std::unordered_map<std::string, int> names_;
};

/// The constant that produces `v`, or null.
ConstantPtr constant_of(const Value* v);

// ---- templates

template <typename T>
const T& Node::get(const std::string& name) const {
  const Attr* a = find(name);
  if (!a) bad_attr(name, false);
  const T* t = std::get_if<T>(a);
  if (!t) bad_attr(name, true);
  return *t;
}

template <typename T>
T Node::get_or(const std::string& name, T fallback) const {
  const Attr* a = find(name);
  if (!a || std::holds_alternative<std::monostate>(*a)) return fallback;
  const T* t = std::get_if<T>(a);
  if (!t) bad_attr(name, true);
  return *t;
}

}  // namespace tenon::ir
