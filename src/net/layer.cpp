// SPDX-License-Identifier: Apache-2.0
#include "net/layer.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "net/rules.h"

namespace tenon::net {
namespace {

// Converting an attribute's default to its declared type: one function per type name of layers.def.
ir::Attr default_Int(int64_t v) { return v; }
ir::Attr default_Float(double v) { return v; }
ir::Attr default_Bool(bool v) { return v; }
ir::Attr default_Ints(std::vector<int64_t> v) { return v; }
ir::Attr default_Floats(std::vector<double> v) { return v; }
ir::Attr default_Strings(std::vector<std::string> v) { return v; }
ir::Attr default_Sizes(ir::SymShape v) { return v; }
ir::Attr default_DType(DataType v) { return v; }
ir::Attr default_Str(std::string v) { return v; }

constexpr int kMany = 2;

std::vector<LayerDef> make_layers() {
  std::vector<LayerDef> layers;
#define TENON_LAYER(Name, op) layers.push_back({#Name, op, {}, {}});
#define TENON_INPUT(index, name, required) \
  layers.back().inputs.push_back(          \
      {#name, static_cast<int>(required) != 0, static_cast<int>(required) == kMany});
#define TENON_ATTR(Type, CamelName, snake_name, ...) \
  layers.back().attrs.push_back(                     \
      {#snake_name, #CamelName, AttrType::k##Type, default_##Type(__VA_ARGS__)});
#define TENON_END()
#include "tenon/layers.def"
#undef TENON_LAYER
#undef TENON_INPUT
#undef TENON_ATTR
#undef TENON_END
  return layers;
}

const std::unordered_map<std::string, const LayerDef*>& layer_index() {
  static const auto index = [] {
    std::unordered_map<std::string, const LayerDef*> by_op;
    for (const LayerDef& def : all_layers()) by_op[def.op] = &def;
    return by_op;
  }();
  return index;
}

std::unordered_map<std::string, ShapeRule>& rules() {
  static std::unordered_map<std::string, ShapeRule> map;
  return map;
}

const char* type_name(AttrType type) {
  static constexpr const char* kNames[] = {"int",     "float", "bool",  "ints",  "floats",
                                           "strings", "sizes", "dtype", "string"};
  return kNames[static_cast<size_t>(type)];
}

/// Conversions that lose nothing: integers where sizes or floats are wanted.
ir::Attr coerced(ir::Attr value, AttrType type) {
  if (type == AttrType::kFloat)
    if (const auto* i = std::get_if<int64_t>(&value)) return static_cast<double>(*i);
  if (type == AttrType::kSizes)
    if (const auto* list = std::get_if<Ints>(&value))
      return ir::SymShape(list->begin(), list->end());
  return value;
}

/// Selection writes the chosen kernel's name, and its tactic if it has several, into every layer.
bool is_selection(const std::string& attr) { return attr == "kernel" || attr == "tactic"; }

const AttrDef* find_attr(const LayerDef& def, const std::string& name) {
  const auto it = std::find_if(def.attrs.begin(), def.attrs.end(),
                               [&](const AttrDef& a) { return name == a.name; });
  return it == def.attrs.end() ? nullptr : &*it;
}

const LayerDef& layer_of(const std::string& op) {
  const LayerDef* def = find_layer(op);
  TENON_CHECK(def, "there is no layer \"", op, "\"");
  return *def;
}

void check_inputs(const ir::Node& node, const LayerDef& def) {
  const bool many = !def.inputs.empty() && def.inputs.back().many;
  TENON_CHECK(
      many ? node.inputs.size() >= def.inputs.size() : node.inputs.size() == def.inputs.size(),
      node.op, " has ", node.inputs.size(), " inputs, wanted ", def.inputs.size(),
      many ? " or more" : "");
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const InputDef& in = def.inputs[std::min(i, def.inputs.size() - 1)];
    const ir::Value* v = node.inputs[i];
    TENON_CHECK(v || !in.required, node.op, ": ", input_name(node, i), " is missing");
    TENON_CHECK(!v || v->type.kind == ir::Kind::kTensor, node.op, ": ", input_name(node, i), " is ",
                v ? str(v->type) : "", ", wanted a tensor");
  }
}

void check_attr(const ir::Node& node, const AttrDef& def, const ir::Attr* value) {
  TENON_CHECK(value, node.op, " has no attribute \"", def.name, "\"");
  TENON_CHECK(value->index() == def.default_value.index(), node.op, ": attribute \"", def.name,
              "\" is ", str(*value), ", wanted type ", type_name(def.type));
}

void check_attrs(const ir::Node& node, const LayerDef& def) {
  for (const AttrDef& attr : def.attrs) check_attr(node, attr, node.find(attr.name));
  for (const auto& [name, value] : node.attrs)
    TENON_CHECK(is_selection(name) || find_attr(def, name), node.op, " has an attribute \"", name,
                "\", which ", node.op, " does not have");
}

/// Absent optional inputs become null, absent attributes their defaults.
void complete(ir::Node& node) {
  const LayerDef& def = layer_of(node.op);
  if (node.inputs.size() < def.inputs.size()) node.inputs.resize(def.inputs.size());
  for (const AttrDef& attr : def.attrs) node.set(attr.name, attr.default_value);
}

void add_outputs(ir::Graph& graph, ir::Node& node, const Types& types, const std::string& base) {
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string name = types.size() == 1 ? base : base + "_" + std::to_string(i);
    node.add_output(graph.unique_name(name), types[i]);
  }
}

/// A kernel's private packing has a shape of its own behind the type of the dense constant.
bool is_packed(const ir::Node& node) {
  return node.is_constant() && node.get<ir::ConstantPtr>("data") &&
         !node.get<ir::ConstantPtr>("data")->format.empty();
}

void check_node(const ir::Node& node) {
  check_declared(node);
  if (is_packed(node)) return;
  const Types types = infer(node);
  TENON_CHECK(types.size() == node.outputs().size(), node.op, " has ", node.outputs().size(),
              " outputs, wanted ", types.size());
  for (size_t i = 0; i < types.size(); ++i)
    TENON_CHECK(node.output(i)->type == types[i], node.op, ": output %", node.output(i)->name,
                " is recorded as ", str(node.output(i)->type), ", but its layer gives ",
                str(types[i]));
}

Types constant_type(const ir::Node& node) {
  const auto& data = node.get<ir::ConstantPtr>("data");
  TENON_CHECK(data, "constant: data is null");
  return {tensor(data->dtype, ir::SymShape(data->shape.begin(), data->shape.end()))};
}

}  // namespace

const std::vector<LayerDef>& all_layers() {
  static const std::vector<LayerDef> layers = make_layers();
  return layers;
}

const LayerDef* find_layer(const std::string& op) {
  const auto it = layer_index().find(op);
  return it == layer_index().end() ? nullptr : it->second;
}

RegisterShapeRule::RegisterShapeRule(const char* op, ShapeRule rule) {
  const bool fresh = rules().emplace(op, rule).second;
  TENON_ASSERT(fresh, "two shape rules for ", op);
}

std::vector<ir::Type> infer(const ir::Node& node) {
  if (node.is_constant()) return constant_type(node);
  layer_of(node.op);
  const auto it = rules().find(node.op);
  TENON_ASSERT(it != rules().end(), "layer ", node.op, " has no shape rule");
  return it->second(node);
}

void check_declared(const ir::Node& node) {
  if (node.is_constant()) return;
  const LayerDef& def = layer_of(node.op);
  check_inputs(node, def);
  check_attrs(node, def);
}

void set_attr(ir::Node& node, const std::string& name, ir::Attr value) {
  const AttrDef* attr = find_attr(layer_of(node.op), name);
  TENON_CHECK(attr, node.op, " has no attribute \"", name, "\"");
  value = coerced(std::move(value), attr->type);
  check_attr(node, *attr, &value);
  node.set(name, std::move(value));
}

ir::Node* add_layer(ir::Graph& graph, const std::string& op, std::vector<ir::Value*> inputs,
                    std::vector<std::pair<std::string, ir::Attr>> attrs, const std::string& name,
                    const ir::Node* before) {
  const std::string base = name.empty() ? op : name;
  // Checked on a node of its own, so that a refused layer leaves no trace in the graph.
  ir::Node draft;
  draft.op = op;
  draft.inputs = std::move(inputs);
  const Types types = with_frame([&] { return "in layer %" + base + " " + op; },
                                 [&] {
                                   complete(draft);
                                   for (auto& [key, value] : attrs)
                                     set_attr(draft, key, std::move(value));
                                   check_declared(draft);
                                   return infer(draft);
                                 });
  ir::Node* node = graph.create(op, std::move(draft.inputs), before);
  node->attrs = std::move(draft.attrs);
  add_outputs(graph, *node, types, base);
  return node;
}

ir::Node* add_layer_uninferred(ir::Graph& graph, const std::string& op,
                               std::vector<ir::Value*> inputs, const std::string& name) {
  layer_of(op);
  ir::Node* node = graph.create(op, std::move(inputs));
  complete(*node);
  add_outputs(graph, *node, Types(op == "topk" ? 2 : 1), name.empty() ? op : name);
  return node;
}

void check_net(const ir::Graph& graph) {
  for (const auto& node : graph.nodes())
    with_frame([&] { return "in layer " + describe(*node); }, [&] { check_node(*node); });
}

ir::SymShape broadcast(const ir::SymShape& a, const ir::SymShape& b) {
  const size_t rank = std::max(a.size(), b.size());
  ir::SymShape out(rank);
  for (size_t i = 0; i < rank; ++i) {
    // Counted from the last dim: i = 0 is the last.
    const ir::SymDim one(1);
    const ir::SymDim& x = i < a.size() ? a[a.size() - 1 - i] : one;
    const ir::SymDim& y = i < b.size() ? b[b.size() - 1 - i] : one;
    TENON_CHECK(x == y || x == one || y == one, "shapes ", str(a), " and ", str(b),
                " do not broadcast: sizes ", x.str(), " and ", y.str(), " differ and neither is 1");
    out[rank - 1 - i] = x == one ? y : x;
  }
  return out;
}

int64_t wrap_axis(int64_t axis, size_t rank) {
  const auto r = static_cast<int64_t>(rank);
  TENON_CHECK(axis >= -r && axis < r, "axis ", axis, " is out of range for rank ", rank);
  return axis < 0 ? axis + r : axis;
}

std::vector<int64_t> expanded(const std::vector<int64_t>& list, size_t n, int64_t value) {
  return list.empty() ? Ints(n, value) : list;
}

}  // namespace tenon::net
