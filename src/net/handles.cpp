// SPDX-License-Identifier: Apache-2.0
// ITensor and ILayer: thin handles over the values and nodes of the network's graph.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "net/network_impl.h"
#include "net/rules.h"
#include "tenon/layers.h"

namespace tenon {
namespace {

ir::Value& raw(void* value) { return *static_cast<ir::Value*>(value); }

ir::Value& input(void* value, const char* what) {
  TENON_CHECK(!raw(value).producer(), what, ": '", raw(value).name, "' is not a network input");
  return raw(value);
}

void check_dim(const ir::Value& v, int32_t i) {
  TENON_CHECK(i >= 0 && static_cast<size_t>(i) < v.type.shape.size(), "tensor '", v.name, "' is ",
              str(v.type), ", which has no dim ", i);
}

bool is_identifier(const std::string& s) {
  const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  return !s.empty() && !std::isdigit(static_cast<unsigned char>(s[0])) &&
         std::all_of(s.begin(), s.end(), word);
}

std::set<std::string> symbols_of_others(const ir::Graph& graph, const ir::Value& input) {
  std::set<std::string> used;
  for (const auto& in : graph.inputs())
    if (in.get() != &input)
      for (const ir::SymDim& d : in->type.shape) d.collect_symbols(used);
  return used;
}

/// Inputs share a size only if setDimensionName says so: the made-up name is nobody else's.
std::string default_symbol(const ir::Graph& graph, const ir::Value& input, size_t dim) {
  std::string name = std::isdigit(static_cast<unsigned char>(input.name[0])) ? "_" : "";
  for (char c : input.name) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  name += "_" + std::to_string(dim);
  const std::set<std::string> taken = symbols_of_others(graph, input);
  while (taken.count(name)) name += "_";
  return name;
}

}  // namespace

// ---- ITensor

const char* ITensor::getName() const { return raw(value_).name.c_str(); }

void ITensor::setName(const char* name) {
  ir::Value& v = raw(value_);
  if (v.name == name) return;
  TENON_CHECK(*name, "tensor '", v.name, "' cannot have an empty name");
  const std::string free = network_->graph.unique_name(name);
  TENON_CHECK(free == name, "tensor '", v.name, "' cannot be renamed '", name,
              "': that name is taken");
  v.name = name;
}

Dims ITensor::getDimensions() const {
  network_->ensure(&raw(value_));
  return net::to_dims(raw(value_).type.shape);
}

std::string ITensor::getDimensionExpression(int32_t i) const {
  network_->ensure(&raw(value_));
  check_dim(raw(value_), i);
  return raw(value_).type.shape[static_cast<size_t>(i)].str();
}

DataType ITensor::getType() const {
  network_->ensure(&raw(value_));
  return raw(value_).type.dtype;
}

bool ITensor::isNetworkInput() const { return !raw(value_).producer(); }
bool ITensor::isNetworkOutput() const { return network_->is_output(&raw(value_)); }

void ITensor::setDimensions(const Dims& dims) {
  network_->check_owned("setDimensions");
  ir::Value& v = input(value_, "setDimensions");
  ir::SymShape shape;
  for (int64_t d : net::to_ints(dims)) {
    TENON_CHECK(d >= -1, "input '", v.name, "': size ", d, ", wanted -1 or at least 0");
    shape.push_back(d >= 0 ? ir::SymDim(d)
                           : ir::SymDim::symbol(default_symbol(network_->graph, v, shape.size())));
  }
  v.type.shape = std::move(shape);
  network_->refresh_symbols();
  network_->invalidate_users(&v);
}

void ITensor::setType(DataType type) {
  network_->check_owned("setType");
  input(value_, "setType").type.dtype = type;
  network_->invalidate_users(&raw(value_));
}

void ITensor::setDimensionName(int32_t i, const char* name) {
  network_->check_owned("setDimensionName");
  ir::Value& v = input(value_, "setDimensionName");
  check_dim(v, i);
  ir::SymDim& dim = v.type.shape[static_cast<size_t>(i)];
  TENON_CHECK(!dim.is_const(), "input '", v.name, "': dim ", i, " has the fixed size ", dim.str(),
              " and takes no name");
  TENON_CHECK(is_identifier(name), "\"", name,
              "\" cannot name a size, wanted letters, digits and _");
  dim = ir::SymDim::symbol(name);
  network_->refresh_symbols();
  network_->invalidate_users(&v);
}

std::string ITensor::getDimensionName(int32_t i) const {
  network_->ensure(&raw(value_));
  check_dim(raw(value_), i);
  return raw(value_).type.shape[static_cast<size_t>(i)].as_symbol();
}

// ---- ILayer

namespace {

void set(LayerState& layer, const char* attr, ir::Attr value) {
  layer.network->set_attr(layer, attr, std::move(value));
}

ir::SymShape parse_sizes(const LayerState& layer, const char* attr, const SizeList& list) {
  ir::SymShape sizes;
  for (const std::string& e : list.expressions()) sizes.push_back(ir::SymDim::parse(e));
  if (!sizes.empty()) return sizes;
  for (int64_t d : net::to_ints(list.dims())) {
    TENON_CHECK(
        d >= 0, net::title(layer), ": ", attr, " contains ", d,
        ", wanted at least 0; run-time sizes are given as expressions, e.g. {\"batch\", \"8\"}");
    sizes.push_back(d);
  }
  return sizes;
}

template <typename T>
const T& get(const LayerState& layer, const char* attr) {
  return layer.node->get<T>(attr);
}

}  // namespace

LayerType ILayer::getType() const {
  const auto& defs = net::all_layers();
  for (size_t i = 0; i < defs.size(); ++i)
    if (state_->node->op == defs[i].op) return static_cast<LayerType>(i);
  return LayerType::kCONSTANT;
}

const char* ILayer::getOp() const { return state_->node->op.c_str(); }
const char* ILayer::getName() const { return state_->node->origin.node.c_str(); }
void ILayer::setName(const char* name) { state_->node->origin.node = name; }
int32_t ILayer::getNbInputs() const { return static_cast<int32_t>(state_->node->inputs.size()); }
int32_t ILayer::getNbOutputs() const {
  return static_cast<int32_t>(state_->node->outputs().size());
}

ITensor* ILayer::getInput(int32_t index) const {
  const auto shape = state_->reads.find(index);
  if (shape != state_->reads.end()) return state_->network->handle(shape->second);
  TENON_CHECK(index >= 0 && index < getNbInputs(), net::title(*state_), " has no input ", index);
  return state_->network->handle(state_->node->inputs[static_cast<size_t>(index)]);
}

void ILayer::setZeroIsCopy(bool on) {
  state_->zero_copies = on;
  state_->network->invalidate(state_->node);
}
bool ILayer::zeroIsCopy() const { return state_->zero_copies; }

ITensor* ILayer::getOutput(int32_t index) const {
  TENON_CHECK(index >= 0 && index < getNbOutputs(), net::title(*state_), " has no output ", index);
  return state_->network->handle(state_->node->output(static_cast<size_t>(index)));
}

void ILayer::setInput(int32_t index, ITensor& tensor) {
  state_->network->set_input(*state_, static_cast<size_t>(index), tensor);
}

void ILayer::setInt(const char* attr, int64_t v) { set(*state_, attr, v); }
void ILayer::setFloat(const char* attr, double v) { set(*state_, attr, v); }
void ILayer::setBool(const char* attr, bool v) { set(*state_, attr, v); }
void ILayer::setFloats(const char* attr, const std::vector<double>& v) { set(*state_, attr, v); }
void ILayer::setStrings(const char* attr, const std::vector<std::string>& v) {
  set(*state_, attr, v);
}
void ILayer::setDType(const char* attr, DataType v) { set(*state_, attr, v); }
void ILayer::setStr(const char* attr, const Word& v) { set(*state_, attr, v.str()); }

void ILayer::setInts(const char* attr, const IntList& v) {
  state_->permutations.erase(attr);
  if (!v.isPermutation()) return set(*state_, attr, v.values());
  TENON_CHECK(state_->node->op == "shuffle", net::title(*state_), ": ", attr,
              " is not a permutation");
  state_->permutations[attr] = v.values();
  state_->network->invalidate(state_->node);
}

void ILayer::setSizes(const char* attr, const SizeList& v) {
  if (std::string(attr) != "reshape_dims" || !v.expressions().empty())
    return set(*state_, attr, parse_sizes(*state_, attr, v));
  const std::vector<int64_t> wish = net::to_ints(v.dims());  // 0 and -1 are shuffle's business
  set(*state_, attr, ir::SymShape(wish.begin(), wish.end()));
}

int64_t ILayer::getInt(const char* attr) const { return get<int64_t>(*state_, attr); }
double ILayer::getFloat(const char* attr) const { return get<double>(*state_, attr); }
bool ILayer::getBool(const char* attr) const { return get<bool>(*state_, attr); }
std::vector<double> ILayer::getFloats(const char* attr) const {
  return get<std::vector<double>>(*state_, attr);
}
std::vector<std::string> ILayer::getStrings(const char* attr) const {
  return get<std::vector<std::string>>(*state_, attr);
}
DataType ILayer::getDType(const char* attr) const { return get<DataType>(*state_, attr); }
Word ILayer::getStr(const char* attr) const { return get<std::string>(*state_, attr); }

Dims ILayer::getInts(const char* attr) const {
  return net::to_dims(std::get<std::vector<int64_t>>(state_->network->attr(*state_, attr)));
}

Dims ILayer::getSizes(const char* attr) const {
  return net::to_dims(std::get<ir::SymShape>(state_->network->attr(*state_, attr)));
}

int32_t ILayer::inputRank() const { return getInput(0)->getDimensions().nbDims; }

int64_t ILayer::oneAxis(uint32_t mask) const {
  const int bits = __builtin_popcount(mask);
  TENON_CHECK(bits == 1, net::title(*state_), ": the axes mask ", mask, " has ", bits,
              " bits set, wanted exactly one");
  return __builtin_ctz(mask);
}

Weights IConstantLayer::getWeights() const {
  const ir::ConstantPtr data = ir::constant_of(NetworkImpl::raw(*getOutput(0)));
  return {data->dtype, data->data.get(), static_cast<int64_t>(data->bytes / size_of(data->dtype))};
}

}  // namespace tenon
