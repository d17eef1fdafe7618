// SPDX-License-Identifier: Apache-2.0
// The C ABI of layers and tensors.
#include <nlohmann/json.hpp>

#include "base/options.h"
#include "driver/c_network.h"
#include "driver/c_support.h"
#include "driver/network_json.h"
#include "net/network_impl.h"
#include "tenon/c_api_network.h"

namespace tenon::driver {

using json = nlohmann::ordered_json;

const char* hand_out(std::string text) {
  thread_local std::string kept;
  kept = std::move(text);
  return kept.c_str();
}

json handles(NetworkEntry& e, int32_t count, const std::function<ITensor*(int32_t)>& at) {
  json list = json::array();
  for (int32_t i = 0; i < count; ++i) list.push_back(e.handle_of(at(i)));
  return list;
}

namespace {

const net::AttrDef& attr_def(const std::string& op, const std::string& name) {
  const net::LayerDef* def = net::find_layer(op);
  TENON_CHECK(def, "a ", op, " has no attributes");
  std::vector<std::string> known;
  for (const net::AttrDef& a : def->attrs) {
    if (name == a.name) return a;
    known.push_back(a.name);
  }
  const std::string near = nearest_name(name, known);
  throw Error(op + " has no attribute \"" + name + "\"" +
              (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
}

void set_zero_is_placeholder(LayerState& state, const json& value) {
  TENON_CHECK(state.node->op == "shuffle" && value.is_boolean(), "zero_is_placeholder is ",
              dump(value), ", wanted true or false, of a shuffle");
  state.network->invalidate(state.node);
  state.zero_copies = value.get<bool>();
}

}  // namespace

void set_attrs(ILayer& layer, const json& attrs) {
  TENON_CHECK(attrs.is_object(), "the attributes are ", dump(attrs), ", wanted a JSON object");
  LayerState& state = NetworkImpl::state(layer);
  const std::string op = layer.getOp();
  for (const auto& [name, value] : attrs.items()) {
    if (name == "zero_is_placeholder")
      set_zero_is_placeholder(state, value);
    else
      state.network->set_attr(state, name, attr_from(op, attr_def(op, name), value));
  }
}

}  // namespace tenon::driver

using namespace tenon;
using namespace tenon::driver;

extern "C" {

int tenon_layer_info(tenon_handle layer, const char** out) {
  return guarded([&] {
    const auto e = NetworkTable::find(layer);
    const ILayer& l = e->layer(layer);
    json info = {{"op", l.getOp()}, {"name", l.getName()}};
    info["inputs"] = handles(*e, l.getNbInputs(), [&](int32_t i) { return l.getInput(i); });
    info["outputs"] = handles(*e, l.getNbOutputs(), [&](int32_t i) { return l.getOutput(i); });
    *wanted(out, "json") = hand_out(dump(info));
  });
}

int tenon_layer_set_name(tenon_handle layer, const char* name) {
  return guarded([&] { NetworkTable::find(layer)->layer(layer).setName(wanted(name, "name")); });
}

int tenon_layer_set(tenon_handle layer, const char* attrs_json) {
  return guarded([&] {
    const auto e = NetworkTable::find(layer);
    set_attrs(e->layer(layer), parse_json("attrs_json", attrs_json));
  });
}

int tenon_layer_get(tenon_handle layer, const char* attr, const char** out) {
  return guarded([&] {
    const auto e = NetworkTable::find(layer);
    LayerState& state = NetworkImpl::state(e->layer(layer));
    const std::string name = wanted(attr, "attr");
    const json value = name == "zero_is_placeholder" ? json(state.zero_copies)
                                                     : attr_json(state.network->attr(state, name));
    *wanted(out, "json") = hand_out(dump(value));
  });
}

int tenon_layer_set_input(tenon_handle layer, int32_t index, tenon_handle tensor) {
  return guarded([&] {
    const auto e = NetworkTable::find(layer);
    TENON_CHECK(index >= 0, "input ", index, " of a layer, wanted at least 0");
    e->layer(layer).setInput(index, e->tensor(tensor));
  });
}

int tenon_tensor_info(tenon_handle tensor, const char** out) {
  return guarded([&] {
    const auto e = NetworkTable::find(tensor);
    ITensor& t = e->tensor(tensor);
    const DataType type = t.getType();  // infers
    const json info = {{"name", t.getName()},
                       {"dtype", static_cast<int>(type)},
                       {"shape", shape_json(NetworkImpl::raw(t)->type.shape)},
                       {"input", t.isNetworkInput()},
                       {"output", t.isNetworkOutput()}};
    *wanted(out, "json") = hand_out(dump(info));
  });
}

int tenon_tensor_set_name(tenon_handle tensor, const char* name) {
  return guarded([&] { NetworkTable::find(tensor)->tensor(tensor).setName(wanted(name, "name")); });
}

int tenon_tensor_set_type(tenon_handle tensor, int32_t dtype, const char* shape_text) {
  return guarded([&] {
    const auto e = NetworkTable::find(tensor);
    ITensor& t = e->tensor(tensor);
    if (dtype >= 0) {
      TENON_CHECK(size_of(static_cast<DataType>(dtype)) > 0, "tensor '", t.getName(),
                  "' cannot have element type ", dtype);
      t.setType(static_cast<DataType>(dtype));
    }
    if (!shape_text) return;
    t.setDimensions(net::to_dims(parse_json("shape_json", shape_text).get<std::vector<int64_t>>()));
  });
}

int tenon_tensor_set_dimension_name(tenon_handle tensor, int32_t dim, const char* name) {
  return guarded([&] {
    const auto e = NetworkTable::find(tensor);
    e->tensor(tensor).setDimensionName(dim, wanted(name, "name"));
  });
}

}  // extern "C"
