// SPDX-License-Identifier: Apache-2.0
// INetworkDefinition: nvinfer1's calls as constructors of the layers in layers.def.
#include "tenon/network.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ir/text.h"
#include "net/network_impl.h"
#include "net/rules.h"
#include "tenon/layers.h"

namespace tenon {

using net::Ints;

INetworkDefinition::INetworkDefinition() : impl_(std::make_unique<NetworkImpl>()) {}
INetworkDefinition::INetworkDefinition(std::unique_ptr<NetworkImpl> impl)
    : impl_(std::move(impl)) {}
INetworkDefinition::~INetworkDefinition() = default;

void INetworkDefinition::setName(const char* name) { impl_->name = name; }
const char* INetworkDefinition::getName() const { return impl_->name.c_str(); }

ITensor* INetworkDefinition::addInput(const char* name, DataType type, const Dims& dims) {
  return impl_->add_input(name, type, dims);
}

void INetworkDefinition::markOutput(ITensor& tensor) {
  impl_->check_owned("markOutput");
  ir::Value* v = impl_->value(tensor);
  TENON_CHECK(!impl_->is_output(v), "tensor '", v->name, "' is already an output");
  impl_->graph.outputs.push_back(v);
}

void INetworkDefinition::unmarkOutput(ITensor& tensor) {
  impl_->check_owned("unmarkOutput");
  ir::Value* v = impl_->value(tensor);
  TENON_CHECK(impl_->is_output(v), "tensor '", v->name, "' is not an output");
  std::erase(impl_->graph.outputs, v);
}

int32_t INetworkDefinition::getNbInputs() const {
  return static_cast<int32_t>(impl_->graph.inputs().size());
}
int32_t INetworkDefinition::getNbOutputs() const {
  return static_cast<int32_t>(impl_->graph.outputs.size());
}
int32_t INetworkDefinition::getNbLayers() const {
  return static_cast<int32_t>(impl_->layers.size());
}

namespace {
size_t checked(const char* what, int32_t index, int32_t count) {
  TENON_CHECK(index >= 0 && index < count, "the network has ", count, " ", what, "s, there is no ",
              what, " ", index);
  return static_cast<size_t>(index);
}
}  // namespace

ITensor* INetworkDefinition::getInput(int32_t i) const {
  return impl_->handle(impl_->graph.inputs()[checked("input", i, getNbInputs())].get());
}
ITensor* INetworkDefinition::getOutput(int32_t i) const {
  return impl_->handle(impl_->graph.outputs[checked("output", i, getNbOutputs())]);
}
ILayer* INetworkDefinition::getLayer(int32_t i) const {
  return impl_->layers[checked("layer", i, getNbLayers())].get();
}

std::string INetworkDefinition::print() const {
  return ir::print(impl_->finished(), {false, nullptr});
}

ILayer* INetworkDefinition::addLayer(const char* op, ITensor* const* inputs, int32_t count) {
  return impl_->add(op, {inputs, inputs + count});
}

// ---- layers with weights

namespace {

/// A layer whose kernel's shape follows from its input, so that it is known only when types are
/// inferred. `shape_of` gives it.
void add_kernel(NetworkImpl& network, ILayer& layer, const Weights& kernel, const Weights& bias,
                int64_t outputs, std::function<Ints(const ir::Node&)> shape_of) {
  LayerState& state = NetworkImpl::state(layer);
  ir::Node* node = state.node;
  const std::string base = node->output()->name;
  if (bias.count > 0) {
    node->inputs[2] = network.add_weights(base + ".bias", bias);
    network.set_weights_shape(node->inputs[2], {outputs});
  }
  if (kernel.count == 0) return;  // comes with setInput(1, tensor)
  ir::Value* weights = network.add_weights(base + ".kernel", kernel);
  node->inputs[1] = weights;
  state.prepare = [&network, node, weights, shape_of = std::move(shape_of)] {
    if (node->inputs[1] == weights) network.set_weights_shape(weights, shape_of(*node));
  };
}

/// [first, second, kernelSize...] of a convolution.
Ints kernel_shape(int64_t first, int64_t second, const Dims& kernel) {
  Ints shape = {first, second};
  for (int64_t k : net::to_ints(kernel)) shape.push_back(k);
  return shape;
}

void check_kernel_size(const char* op, int64_t maps, const Dims& kernel) {
  TENON_CHECK(maps >= 1, op, ": nbOutputMaps is ", maps, ", wanted at least 1");
  for (int64_t k : net::to_ints(kernel))
    TENON_CHECK(k >= 1, op, ": kernelSize contains ", k, ", wanted at least 1");
}

int64_t groups_of(const ir::Node& node, int64_t channels, const char* what) {
  const int64_t groups = node.get<int64_t>("groups");
  TENON_CHECK(groups >= 1 && channels % groups == 0, node.op, ": ", what, " ", channels,
              ", wanted a multiple of the number of groups ", groups);
  return groups;
}

}  // namespace

IConvolutionLayer* INetworkDefinition::addConvolutionNd(ITensor& input, int64_t maps,
                                                        const Dims& size, Weights kernel,
                                                        Weights bias) {
  check_kernel_size("convolution", maps, size);
  auto* layer = add<IConvolutionLayer>({&input});
  add_kernel(*impl_, *layer, kernel, bias, maps, [maps, size](const ir::Node& n) {
    net::want_rank(n, 0, 3, 5);
    const int64_t channels = net::static_size(n, 0, 1);
    return kernel_shape(maps, channels / groups_of(n, channels, "input channels"), size);
  });
  return layer;
}

IDeconvolutionLayer* INetworkDefinition::addDeconvolutionNd(ITensor& input, int64_t maps,
                                                            const Dims& size, Weights kernel,
                                                            Weights bias) {
  check_kernel_size("deconvolution", maps, size);
  auto* layer = add<IDeconvolutionLayer>({&input});
  add_kernel(*impl_, *layer, kernel, bias, maps, [maps, size](const ir::Node& n) {
    net::want_rank(n, 0, 3, 5);
    return kernel_shape(net::static_size(n, 0, 1), maps / groups_of(n, maps, "output maps"), size);
  });
  return layer;
}

ILinearLayer* INetworkDefinition::addLinear(ITensor& input, int64_t outputs, Weights kernel,
                                            Weights bias) {
  TENON_CHECK(outputs >= 1, "linear: nbOutputs is ", outputs, ", wanted at least 1");
  auto* layer = add<ILinearLayer>({&input});
  add_kernel(*impl_, *layer, kernel, bias, outputs, [outputs](const ir::Node& n) {
    net::want_rank(n, 0, 1, Dims::MAX_DIMS);
    return Ints{outputs, net::static_size(n, 0, net::in_rank(n) - 1)};
  });
  return layer;
}

namespace {

/// `count` values of `weights` (one value: repeated), or `fallback` where there are none.
ir::ConstantPtr channel_values(const Weights& weights, DataType type, int64_t count,
                               double fallback, const char* what) {
  if (weights.count == 0) {
    TENON_CHECK(type == DataType::kFLOAT, "scale: ", what,
                " has no values; they may be left out for f32 only");
    const std::vector<float> values(static_cast<size_t>(count), static_cast<float>(fallback));
    return ir::make_constant(type, {count}, values.data());
  }
  TENON_CHECK(weights.values && (weights.count == count || weights.count == 1), "scale: ", what,
              " has ", weights.count, " values, wanted ", count);
  const size_t bytes = size_of(weights.type);
  std::vector<char> values(static_cast<size_t>(count) * bytes);
  for (size_t i = 0; i < static_cast<size_t>(count); ++i)
    std::memcpy(values.data() + i * bytes,
                static_cast<const char*>(weights.values) + (weights.count == 1 ? 0 : i * bytes),
                bytes);
  return ir::make_constant(weights.type, {count}, values.data());
}

}  // namespace

IScaleLayer* INetworkDefinition::addScaleNd(ITensor& input, ScaleMode mode, Weights shift,
                                            Weights scale, Weights power, int32_t axis) {
  TENON_CHECK(power.count == 0, "scale: power has ", power.count,
              " values; powers are not supported");
  TENON_CHECK(mode != ScaleMode::kELEMENTWISE,
              "scale: kELEMENTWISE is not supported; use addElementWise with constants");
  const Dims dims = input.getDimensions();
  const int64_t d = net::wrap_axis(axis, static_cast<size_t>(dims.nbDims));
  TENON_CHECK(dims.d[d] >= 0, "scale: size ", d, " of '", input.getName(),
              "' is only known at run time");
  const bool uniform = mode == ScaleMode::kUNIFORM;
  TENON_CHECK(!uniform || (scale.count <= 1 && shift.count <= 1), "scale: kUNIFORM with ",
              scale.count, " scales and ", shift.count, " shifts, wanted at most one of each");
  TENON_CHECK(uniform || dims.d[d] == 1 || (scale.count != 1 && shift.count != 1),
              "scale: kCHANNEL with one value, wanted ", dims.d[d]);
  ir::Value* s = impl_->graph.add_constant(
      channel_values(scale, input.getType(), dims.d[d], 1, "scale"), "scale");
  ir::Value* b = impl_->graph.add_constant(
      channel_values(shift, input.getType(), dims.d[d], 0, "shift"), "shift");
  auto* layer = add<IScaleLayer>({&input, impl_->handle(s), impl_->handle(b)});
  layer->setChannelAxis(d);
  return layer;
}

IConstantLayer* INetworkDefinition::addConstant(const Dims& dims, Weights weights) {
  return impl_->add_constant(dims, weights);
}

// ---- layers without weights

IActivationLayer* INetworkDefinition::addActivation(ITensor& input, ActivationType type) {
  auto* layer = add<IActivationLayer>({&input});
  layer->setActivationType(type);
  return layer;
}

IPoolingLayer* INetworkDefinition::addPoolingNd(ITensor& input, PoolingType type,
                                                const Dims& window) {
  auto* layer = add<IPoolingLayer>({&input});
  layer->setPoolingType(type);
  layer->setWindowSizeNd(window);
  return layer;
}

IElementWiseLayer* INetworkDefinition::addElementWise(ITensor& a, ITensor& b,
                                                      ElementWiseOperation op) {
  auto* layer = add<IElementWiseLayer>({&a, &b});
  layer->setOperation(op);
  return layer;
}

IUnaryLayer* INetworkDefinition::addUnary(ITensor& input, UnaryOperation op) {
  auto* layer = add<IUnaryLayer>({&input});
  layer->setOperation(op);
  return layer;
}

ISoftMaxLayer* INetworkDefinition::addSoftMax(ITensor& input) {
  auto* layer = add<ISoftMaxLayer>({&input});
  // nvinfer1's default: the channel of [N, C, H, W], and dim 0 below rank 3.
  layer->setAxis(std::max(0, input.getDimensions().nbDims - 3));
  return layer;
}

IConcatenationLayer* INetworkDefinition::addConcatenation(ITensor* const* inputs, int32_t count) {
  TENON_CHECK(count >= 1, "concatenation: nbInputs is ", count, ", wanted at least 1");
  auto* layer = static_cast<IConcatenationLayer*>(addLayer("concatenation", inputs, count));
  layer->setAxis(std::max(0, inputs[0]->getDimensions().nbDims - 3));
  return layer;
}

IShuffleLayer* INetworkDefinition::addShuffle(ITensor& input) {
  return add<IShuffleLayer>({&input});
}

IReduceLayer* INetworkDefinition::addReduce(ITensor& input, ReduceOperation op, uint32_t axes,
                                            bool keep) {
  auto* layer = add<IReduceLayer>({&input});
  layer->setOperation(op);
  layer->setReduceAxes(axes);
  layer->setKeepDimensions(keep);
  return layer;
}

ITopKLayer* INetworkDefinition::addTopK(ITensor& input, TopKOperation op, int32_t k,
                                        uint32_t axes) {
  auto* layer = add<ITopKLayer>({&input});
  layer->setOperation(op);
  layer->setK(k);
  layer->setReduceAxes(axes);
  return layer;
}

IGatherLayer* INetworkDefinition::addGather(ITensor& data, ITensor& indices, int32_t axis) {
  auto* layer = add<IGatherLayer>({&data, &indices});
  layer->setAxis(axis);
  return layer;
}

IGatherLayer* INetworkDefinition::addGatherV2(ITensor& data, ITensor& indices, GatherMode mode) {
  auto* layer = add<IGatherLayer>({&data, &indices});
  layer->setMode(mode);
  return layer;
}

IMatrixMultiplyLayer* INetworkDefinition::addMatrixMultiply(ITensor& a, MatrixOperation opA,
                                                            ITensor& b, MatrixOperation opB) {
  auto* layer = add<IMatrixMultiplyLayer>({&a, &b});
  layer->setOp0(opA);
  layer->setOp1(opB);
  return layer;
}

ISliceLayer* INetworkDefinition::addSlice(ITensor& input, const Dims& start, const Dims& size,
                                          const Dims& stride) {
  auto* layer = add<ISliceLayer>({&input});
  layer->setStart(start);
  layer->setSize(size);
  layer->setStride(stride);
  return layer;
}

ISelectLayer* INetworkDefinition::addSelect(ITensor& condition, ITensor& a, ITensor& b) {
  return add<ISelectLayer>({&condition, &a, &b});
}

ICastLayer* INetworkDefinition::addCast(ITensor& input, DataType to) {
  auto* layer = add<ICastLayer>({&input});
  layer->setToType(to);
  return layer;
}

IIdentityLayer* INetworkDefinition::addIdentity(ITensor& input) {
  return add<IIdentityLayer>({&input});
}

INormalizationLayer* INetworkDefinition::addNormalization(ITensor& input, ITensor& scale,
                                                          ITensor& bias, uint32_t axes) {
  const int32_t rank = input.getDimensions().nbDims;
  const int32_t normed = __builtin_popcount(axes);
  const uint32_t last = ((1u << normed) - 1u) << std::max(0, rank - normed);
  TENON_CHECK(normed >= 1 && normed <= rank && axes == last, "normalization: the axes mask ", axes,
              " of an input of rank ", rank, " is not made of the last dims");
  auto* layer = add<INormalizationLayer>({&input, &scale, &bias});
  layer->setRank(normed);
  return layer;
}

IResizeLayer* INetworkDefinition::addResize(ITensor& input) { return add<IResizeLayer>({&input}); }

IPaddingLayer* INetworkDefinition::addPaddingNd(ITensor& input, const Dims& pre, const Dims& post) {
  const int32_t rank = input.getDimensions().nbDims;
  const auto full = [&](const Dims& dims) {
    TENON_CHECK(dims.nbDims <= rank, "padding: ", dims.nbDims, " values for an input of rank ",
                rank);
    Ints list(static_cast<size_t>(rank - dims.nbDims));
    for (int64_t d : net::to_ints(dims)) list.push_back(d);
    return list;
  };
  auto* layer = add<IPaddingLayer>({&input});
  layer->setPrePadding(full(pre));
  layer->setPostPadding(full(post));
  return layer;
}

IRangeLayer* INetworkDefinition::addFill(const Dims& dims, FillOperation op, DataType type) {
  TENON_CHECK(op == FillOperation::kLINSPACE, "fill: operation ", static_cast<int>(op),
              " is not supported");
  TENON_CHECK(dims.nbDims == 1, "fill: kLINSPACE with ", dims.nbDims, " dims, wanted 1");
  auto* layer = add<IRangeLayer>({});
  layer->setSize(dims);
  layer->setToType(type);
  return layer;
}

IFillLayer* INetworkDefinition::addFill(const Dims& dims, DataType type, double value) {
  auto* layer = add<IFillLayer>({});
  layer->setDimensions(dims);
  layer->setToType(type);
  layer->setValue(value);
  return layer;
}

IAttentionLayer* INetworkDefinition::addAttention(ITensor& query, ITensor& key, ITensor& value,
                                                  ITensor* mask, bool causal) {
  auto* layer = add<IAttentionLayer>({&query, &key, &value, mask});
  layer->setCausal(causal);
  return layer;
}

IExpandLayer* INetworkDefinition::addExpand(ITensor& input, const Dims& dims) {
  auto* layer = add<IExpandLayer>({&input});
  layer->setDimensions(dims);
  return layer;
}

}  // namespace tenon
