// SPDX-License-Identifier: Apache-2.0
// The C ABI of networks: handles become pointers, JSON becomes attributes, exceptions become codes.
#include "tenon/c_api_network.h"

#include <omp.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/options.h"
#include "driver/c_network.h"
#include "driver/c_support.h"
#include "driver/compile.h"
#include "driver/network_json.h"
#include "driver/network_table.h"
#include "kernels/kernel.h"
#include "net/network_impl.h"
#include "tenon/builder.h"

namespace {

using namespace tenon;
using namespace tenon::driver;
using json = nlohmann::ordered_json;

Dims dims_from(int32_t count, const int64_t* sizes) {
  TENON_CHECK(count >= 0 && count <= Dims::MAX_DIMS, "there are ", count, " dims, wanted 0 to ",
              Dims::MAX_DIMS);
  if (count) wanted(sizes, "dims");
  return net::to_dims(std::vector<int64_t>(sizes, sizes + count));
}

/// Dense data of the caller's tensor, for as long as the call takes.
struct Data {
  explicit Data(const tenon_tensor* t) {
    if (!t) return;
    tenon_tensor named = *t;
    if (!named.name) named.name = "constant";
    constant = constant_from(named);
    bytes = constant->materialise();
    const size_t item = size_of(constant->dtype);
    weights = {constant->dtype, bytes.get(), static_cast<int64_t>(constant->bytes / item)};
  }
  ir::ConstantPtr constant;
  std::shared_ptr<const void> bytes;
  Weights weights;
};

std::vector<ITensor*> tensors_of(NetworkEntry& e, const tenon_handle* inputs, size_t count) {
  if (count) wanted(inputs, "inputs");
  std::vector<ITensor*> out;
  for (size_t i = 0; i < count; ++i) out.push_back(e.tensor_or_null(inputs[i]));
  return out;
}

ILayer* add_layer(NetworkEntry& e, const std::string& op, const std::vector<ITensor*>& inputs,
                  const char* attrs_json) {
  TENON_CHECK(net::find_layer(op), "there is no layer '", op, "'");
  const json attrs = parse_json("attrs_json", attrs_json);
  ILayer* layer = e.network().impl().add(op, inputs);
  set_attrs(*layer, attrs);
  return layer;
}

ILayer* add_composite(INetworkDefinition& net, const std::string& kind,
                      const std::vector<ITensor*>& in, const char* text) {
  if (kind == "einsum")
    return net.addEinsum(in.data(), static_cast<int32_t>(in.size()), wanted(text, "text"));
  const size_t count = kind == "shape" ? 1 : 2;
  TENON_CHECK(in.size() == count && in[0] && in.back(), kind, " has ", in.size(),
              " inputs, wanted ", count);
  if (kind == "shape") return net.addShape(*in[0]);
  if (kind == "parametric_relu") return net.addParametricReLU(*in[0], *in[1]);
  if (kind == "unsqueeze") return net.addUnsqueeze(*in[0], *in[1]);
  if (kind == "squeeze") return net.addSqueeze(*in[0], *in[1]);
  throw Error("there is no composite layer '" + kind +
              "', wanted shape, parametric_relu, unsqueeze, squeeze or einsum");
}

ILayer* add_weighted(INetworkDefinition& net, const std::string& op, ITensor& input,
                     int64_t outputs, const Dims& window, const Weights& kernel,
                     const Weights& bias) {
  if (op == "convolution") return net.addConvolutionNd(input, outputs, window, kernel, bias);
  if (op == "deconvolution") return net.addDeconvolutionNd(input, outputs, window, kernel, bias);
  TENON_CHECK(op == "linear", "'", op,
              "' has no weights, wanted convolution, deconvolution or linear");
  return net.addLinear(input, outputs, kernel, bias);
}

// ---- building

std::map<Handle, PlanBytes>& plans() {
  static std::map<Handle, PlanBytes> table;
  return table;
}
std::mutex plans_mutex;

void read_profile(const json& profile, IOptimizationProfile& out) {
  static constexpr OptProfileSelector kEach[] = {OptProfileSelector::kMIN, OptProfileSelector::kOPT,
                                                 OptProfileSelector::kMAX};
  for (const auto& [name, ranges] : profile.items()) {
    TENON_CHECK(ranges.is_array() && ranges.size() == 3, "profile of '", name, "' is ",
                dump(ranges), ", wanted [min, opt, max]");
    for (size_t i = 0; i < 3; ++i)
      out.setDimensions(
          name.c_str(), kEach[i],
          net::to_dims(net::to_ints(net::to_dims(ranges[i].get<std::vector<int64_t>>()))));
  }
}

PlanBytes build(INetworkDefinition& network, const json& request) {
  std::vector<std::string> warnings;
  const Options options = parse_options(dump(request.value("options", json::object())), &warnings);
  for (const std::string& line : warnings) log(LogLevel::kWarning, line);
  for (const std::string& line : without_effect(options, options.device))
    log(LogLevel::kWarning, line);
  const auto builder = createBuilder();
  IOptimizationProfile* profile = nullptr;
  if (request.contains("profile") && !request.at("profile").empty())
    read_profile(request.at("profile"), *(profile = builder->createOptimizationProfile()));
  if (request.contains("threads"))
    omp_set_num_threads(std::max(1, request.at("threads").get<int>()));
  static_cast<void>(kernels::load_plugins());
  return build_network(network, options, profile);
}

}  // namespace

extern "C" {

int tenon_network_create(tenon_handle* network) {
  return guarded([&] {
    wanted(network, "network");
    auto entry = NetworkTable::add(std::make_shared<NetworkEntry>());
    entry->network().impl().copies_weights = true;
    *network = entry->handle();
  });
}

int tenon_network_free(tenon_handle network) {
  return guarded([&] {
    TENON_CHECK(!NetworkTable::find(network)->conversion(),
                "a network that is being converted is freed when its conversion ends");
    NetworkTable::remove(network);
  });
}

int tenon_network_info(tenon_handle network, const char** out) {
  return guarded([&] {
    const auto e = NetworkTable::find(network);
    INetworkDefinition& net = e->network();
    json info = {{"name", net.getName()}, {"attached", e->conversion() != nullptr}};
    info["inputs"] = handles(*e, net.getNbInputs(), [&](int32_t i) { return net.getInput(i); });
    info["outputs"] = handles(*e, net.getNbOutputs(), [&](int32_t i) { return net.getOutput(i); });
    info["layers"] = json::array();
    for (int32_t i = 0; i < net.getNbLayers(); ++i)
      info["layers"].push_back(e->handle_of(net.getLayer(i)));
    *wanted(out, "json") = hand_out(dump(info));
  });
}

int tenon_network_set_name(tenon_handle network, const char* name) {
  return guarded([&] { NetworkTable::find(network)->network().setName(wanted(name, "name")); });
}

int tenon_network_print(tenon_handle network, const char** text) {
  return guarded(
      [&] { *wanted(text, "text") = hand_out(NetworkTable::find(network)->network().print()); });
}

int tenon_network_add_input(tenon_handle network, const char* name, int32_t dtype, int32_t ndim,
                            const int64_t* dims, tenon_handle* tensor) {
  return guarded([&] {
    const auto e = NetworkTable::find(network);
    const auto type = static_cast<DataType>(dtype);
    TENON_CHECK(size_of(type) > 0, "input '", wanted(name, "name"), "' has element type ", dtype,
                ", which is not supported");
    *wanted(tensor, "tensor") =
        e->handle_of(e->network().addInput(name, type, dims_from(ndim, dims)));
  });
}

int tenon_network_mark_output(tenon_handle network, tenon_handle tensor, int on) {
  return guarded([&] {
    const auto e = NetworkTable::find(network);
    on ? e->network().markOutput(e->tensor(tensor)) : e->network().unmarkOutput(e->tensor(tensor));
  });
}

int tenon_network_add_layer(tenon_handle network, const char* op, const tenon_handle* inputs,
                            size_t count, const char* attrs_json, tenon_handle* layer) {
  return guarded([&] {
    const auto e = NetworkTable::find(network);
    *wanted(layer, "layer") =
        e->handle_of(add_layer(*e, wanted(op, "op"), tensors_of(*e, inputs, count), attrs_json));
  });
}

int tenon_network_add_composite(tenon_handle network, const char* kind, const tenon_handle* inputs,
                                size_t count, const char* text, tenon_handle* layer) {
  return guarded([&] {
    const auto e = NetworkTable::find(network);
    *wanted(layer, "layer") = e->handle_of(
        add_composite(e->network(), wanted(kind, "kind"), tensors_of(*e, inputs, count), text));
  });
}

int tenon_network_add_constant(tenon_handle network, const tenon_tensor* data,
                               tenon_handle* layer) {
  return guarded([&] {
    const auto e = NetworkTable::find(network);
    const Data copy(wanted(data, "data"));
    *wanted(layer, "layer") = e->handle_of(static_cast<ILayer*>(
        e->network().addConstant(net::to_dims(copy.constant->shape), copy.weights)));
  });
}

int tenon_network_add_weighted(tenon_handle network, const char* op, tenon_handle input,
                               int64_t outputs, int32_t window_count, const int64_t* window,
                               const tenon_tensor* kernel, const tenon_tensor* bias,
                               tenon_handle* layer) {
  return guarded([&] {
    const auto e = NetworkTable::find(network);
    const Data k(kernel), b(bias);
    *wanted(layer, "layer") =
        e->handle_of(add_weighted(e->network(), wanted(op, "op"), e->tensor(input), outputs,
                                  dims_from(window_count, window), k.weights, b.weights));
  });
}

int tenon_network_build(tenon_handle network, const char* request_json, tenon_handle* plan) {
  return guarded([&] {
    const auto e = NetworkTable::find(network);
    TENON_CHECK(!e->conversion(), "a network that is being converted is built by the compiler");
    wanted(plan, "plan");
    PlanBytes bytes = build(e->network(), parse_json("request_json", request_json));
    static Handle next = 1;
    const std::lock_guard lock(plans_mutex);
    plans()[next] = std::move(bytes);
    *plan = next++;
  });
}

int tenon_plan_data(tenon_handle plan, const void** data, size_t* size) {
  return guarded([&] {
    const std::lock_guard lock(plans_mutex);
    const auto it = plans().find(plan);
    TENON_CHECK(it != plans().end(), "plan ", plan, " does not exist");
    *wanted(data, "data") = it->second.data.get();
    *wanted(size, "size") = it->second.size;
  });
}

int tenon_plan_free(tenon_handle plan) {
  return guarded([&] {
    const std::lock_guard lock(plans_mutex);
    TENON_CHECK(plans().erase(plan) == 1, "plan ", plan, " does not exist");
  });
}

}  // extern "C"
