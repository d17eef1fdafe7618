// SPDX-License-Identifier: Apache-2.0
// Registry of the net op-set: what layers.def declares plus one shape rule per layer
// (src/net/layers/<op>.cpp). Used by the network facade, the verifier, the text form's consumers
// and the kernels. Read-only after static initialisation.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace tenon::net {

enum class AttrType : uint8_t {
  kInt,
  kFloat,
  kBool,
  kInts,
  kFloats,
  kStrings,
  kSizes,
  kDType,
  kStr
};

struct AttrDef {
  const char* name;   // snake_name
  const char* camel;  // CamelName
  AttrType type;
  ir::Attr default_value;
};
struct InputDef {
  const char* name;
  bool required;
  bool many;  // stands for this and all further inputs
};
struct LayerDef {
  const char* name;  // "Convolution"
  const char* op;    // "convolution"
  std::vector<InputDef> inputs;
  std::vector<AttrDef> attrs;
};

/// Declaration of `op`, or null.
const LayerDef* find_layer(const std::string& op);
const std::vector<LayerDef>& all_layers();

/// Shape rule: types of the outputs of `node` from its inputs' types and attributes. Throws Error
/// with value seen and value wanted if they do not fit. Symbolic throughout.
using ShapeRule = std::vector<ir::Type> (*)(const ir::Node& node);
struct RegisterShapeRule {
  RegisterShapeRule(const char* op, ShapeRule rule);
};
#define TENON_NET_CAT2(a, b) a##b
#define TENON_NET_CAT(a, b) TENON_NET_CAT2(a, b)
// A counter, not the line: several files may be compiled as one.
#define TENON_SHAPE_RULE(op) TENON_SHAPE_RULE_N(op, __COUNTER__)
#define TENON_SHAPE_RULE_N(op, id)                                                            \
  static std::vector<::tenon::ir::Type> TENON_NET_CAT(rule_, id)(const ::tenon::ir::Node& n); \
  static const ::tenon::net::RegisterShapeRule TENON_NET_CAT(kRule_, id){                     \
      op, &TENON_NET_CAT(rule_, id)};                                                         \
  static std::vector<::tenon::ir::Type> TENON_NET_CAT(rule_, id)(const ::tenon::ir::Node& n)

/// Runs the rule of node.op ("constant": the type of its data).
std::vector<ir::Type> infer(const ir::Node& node);

/// Creates a layer node: fills in default attributes, checks arity and attribute types, infers
/// output types and adds outputs named after `name` ("<name>" or "<name>_<i>").
ir::Node* add_layer(ir::Graph& graph, const std::string& op, std::vector<ir::Value*> inputs,
                    std::vector<std::pair<std::string, ir::Attr>> attrs, const std::string& name,
                    const ir::Node* before = nullptr);

/// For callers that set inputs and attributes step by step (the network facade): the layer with its
/// default attributes; its outputs have no types yet, and nothing is checked.
ir::Node* add_layer_uninferred(ir::Graph& graph, const std::string& op,
                               std::vector<ir::Value*> inputs, const std::string& name);
/// Sets a declared attribute; integers become sizes or floats where those are declared.
void set_attr(ir::Node& node, const std::string& name, ir::Attr value);
/// Number of inputs, required inputs, names and types of the attributes.
void check_declared(const ir::Node& node);

/// The check a pass runner uses on net graphs: every op known, attributes of the declared type,
/// stored output types equal the shape rule's. Layers may also have string attributes "kernel" and
/// "tactic".
void check_net(const ir::Graph& graph);

// Helpers for shape rules and kernels.
/// numpy broadcast of two shapes. Two symbolic sizes that differ are an error unless one is 1;
/// equality is decided on the canonical form.
ir::SymShape broadcast(const ir::SymShape& a, const ir::SymShape& b);
/// `axis` wrapped into [0, rank); throws naming both if out of range.
int64_t wrap_axis(int64_t axis, size_t rank);
/// attrs with "" / {} meaning "all `value`" expanded to n entries.
std::vector<int64_t> expanded(const std::vector<int64_t>& list, size_t n, int64_t value);

}  // namespace tenon::net
