// SPDX-License-Identifier: Apache-2.0
// The public network API.
#include "tenon/network.h"

#include <gtest/gtest.h>

#include <vector>

#include "error_of.h"
#include "net/layer.h"

namespace tenon {
namespace {

Dims dims(std::initializer_list<int64_t> sizes) {
  Dims d;
  for (int64_t s : sizes) d.d[d.nbDims++] = s;
  return d;
}

std::vector<int64_t> list(const Dims& d) { return {d.d, d.d + d.nbDims}; }

Weights weights(const std::vector<float>& v) {
  return {DataType::kFLOAT, v.data(), static_cast<int64_t>(v.size())};
}

using Sizes = std::vector<int64_t>;

#define EXPECT_ERROR(statement, text)                            \
  do {                                                           \
    const std::string message = error_of([&] { statement; });    \
    EXPECT_NE(message.find(text), std::string::npos) << message; \
  } while (0)

TEST(Network, LeNet) {
  const std::vector<float> k1(6 * 1 * 5 * 5, 0.1f), b1(6, 0.f), k2(16 * 6 * 5 * 5, 0.1f),
      b2(16, 0.f), w3(120 * 256, 0.1f), b3(120, 0.f), w4(10 * 120, 0.1f), b4(10, 0.f);
  INetworkDefinition net;
  ITensor* x = net.addInput("image", DataType::kFLOAT, dims({-1, 1, 28, 28}));
  x->setDimensionName(0, "batch");
  auto* conv1 = net.addConvolutionNd(*x, 6, dims({5, 5}), weights(k1), weights(b1));
  auto* relu1 = net.addActivation(*conv1->getOutput(0), ActivationType::kRELU);
  auto* pool1 = net.addPoolingNd(*relu1->getOutput(0), PoolingType::kMAX, dims({2, 2}));
  pool1->setStrideNd(dims({2, 2}));
  auto* conv2 =
      net.addConvolutionNd(*pool1->getOutput(0), 16, dims({5, 5}), weights(k2), weights(b2));
  auto* relu2 = net.addActivation(*conv2->getOutput(0), ActivationType::kRELU);
  auto* pool2 = net.addPoolingNd(*relu2->getOutput(0), PoolingType::kAVERAGE, dims({2, 2}));
  pool2->setStrideNd(dims({2, 2}));
  auto* flat = net.addShuffle(*pool2->getOutput(0));
  flat->setReshapeDimensions(dims({0, -1}));
  auto* fc1 = net.addLinear(*flat->getOutput(0), 120, weights(w3), weights(b3));
  auto* tanh = net.addActivation(*fc1->getOutput(0), ActivationType::kTANH);
  auto* fc2 = net.addLinear(*tanh->getOutput(0), 10, weights(w4), weights(b4));
  auto* prob = net.addSoftMax(*fc2->getOutput(0));
  prob->setAxes(1u << 1);
  prob->getOutput(0)->setName("prob");
  net.markOutput(*prob->getOutput(0));

  EXPECT_EQ(list(prob->getOutput(0)->getDimensions()), (Sizes{-1, 10}));
  EXPECT_EQ(prob->getOutput(0)->getDimensionExpression(0), "batch");
  EXPECT_EQ(net.getNbLayers(), 11);
  EXPECT_EQ(net.getLayer(2)->getType(), LayerType::kPOOLING);

  // The layers alone: attributes and constants are covered elsewhere.
  std::string lines;
  const std::string text = net.print();
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.find("constant") == std::string::npos)
      lines += line.substr(0, line.find(" {", 8)) + "\n";
  }
  EXPECT_EQ(lines, R"(graph {
  symbol batch [0, 1, 2147483647]
  input %image : f32[batch, 1, 28, 28]
  %convolution : f32[batch, 6, 24, 24] = convolution(%image, %convolution.kernel, %convolution.bias, _)
  %activation : f32[batch, 6, 24, 24] = activation(%convolution)
  %pooling : f32[batch, 6, 12, 12] = pooling(%activation)
  %convolution_1 : f32[batch, 16, 8, 8] = convolution(%pooling, %convolution_1.kernel, %convolution_1.bias, _)
  %activation_1 : f32[batch, 16, 8, 8] = activation(%convolution_1)
  %pooling_1 : f32[batch, 16, 4, 4] = pooling(%activation_1)
  %shuffle : f32[batch, 256] = shuffle(%pooling_1)
  %linear : f32[batch, 120] = linear(%shuffle, %linear.kernel, %linear.bias, _)
  %activation_2 : f32[batch, 120] = activation(%linear)
  %linear_1 : f32[batch, 10] = linear(%activation_2, %linear_1.kernel, %linear_1.bias, _)
  %prob : f32[batch, 10] = softmax(%linear_1)
  return %prob "prob"
}
)");
}

TEST(Network, AttributesMayComeInAnyOrder) {
  const std::vector<float> k(8 * 2 * 3 * 3, 1.f);
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, dims({1, 4, 8, 8}));
  // Until groups is set the kernel has too few values: nobody asks, so nobody complains.
  auto* conv = net.addConvolutionNd(*x, 8, dims({3, 3}), weights(k), {});
  auto* relu = net.addActivation(*conv->getOutput(0), ActivationType::kRELU);
  conv->setNbGroups(2);
  EXPECT_EQ(list(relu->getOutput(0)->getDimensions()), (Sizes{1, 8, 6, 6}));
  // A change reaches everything downstream.
  conv->setPaddingNd(dims({1, 1}));
  EXPECT_EQ(list(relu->getOutput(0)->getDimensions()), (Sizes{1, 8, 8, 8}));
  x->setDimensions(dims({-1, 4, 16, 16}));
  EXPECT_EQ(list(relu->getOutput(0)->getDimensions()), (Sizes{-1, 8, 16, 16}));
  EXPECT_EQ(relu->getOutput(0)->getDimensionExpression(0), "x_0");
  conv->setNbGroups(1);
  EXPECT_ERROR(relu->getOutput(0)->getDimensions(),
               "has 144 values, wanted 288 for shape [8, 4, 3, 3]\n  in layer 'convolution'");
  conv->setNbGroups(3);
  EXPECT_ERROR(relu->getOutput(0)->getType(),
               "input channels 4, wanted a multiple of the number of groups 3");
}

TEST(Network, ShuffleResolvesZeroAndMinusOne) {
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, dims({-1, 12, -1, 4}));
  x->setDimensionName(0, "b");
  x->setDimensionName(2, "t");
  auto* s = net.addShuffle(*x);
  s->setFirstTranspose(Permutation{{0, 2, 1, 3}});
  s->setReshapeDimensions(dims({0, 0, -1}));
  EXPECT_EQ(s->getOutput(0)->getDimensionExpression(1), "t");
  EXPECT_EQ(list(s->getOutput(0)->getDimensions()), (Sizes{-1, -1, 48}));
  s->setSecondTranspose(Permutation{{2, 0, 1}});
  EXPECT_EQ(s->getOutput(0)->getDimensionExpression(2), "t");
  EXPECT_EQ(list(s->getReshapeDimensions()), (Sizes{-1, -1, 48}));
  s->setSecondTranspose(dims({}));
  s->setReshapeDimensions(dims({-1, 8}));
  EXPECT_EQ(s->getOutput(0)->getDimensionExpression(0), "6*b*t");
  s->setReshapeDimensions(std::vector<std::string>{"b*t", "48"});
  EXPECT_EQ(s->getOutput(0)->getDimensionExpression(0), "b*t");
  s->setReshapeDimensions(dims({-1, -1}));
  EXPECT_ERROR(s->getOutput(0)->getDimensions(), "shuffle 'shuffle': two reshape sizes are -1");
  s->setReshapeDimensions(dims({0, 0, 0, 0, 0}));
  EXPECT_ERROR(s->getOutput(0)->getDimensions(),
               "reshape size 4 is 0 (copy), but the input [b, t, 12, 4] has 4 dims");
}

TEST(Network, InputsShareNamedSizes) {
  INetworkDefinition net;
  ITensor* a = net.addInput("a", DataType::kFLOAT, dims({-1, 4}));
  ITensor* b = net.addInput("b", DataType::kFLOAT, dims({-1, 4}));
  auto* sum = net.addElementWise(*a, *b, ElementWiseOperation::kSUM);
  EXPECT_ERROR(sum->getOutput(0)->getDimensions(), "sizes a_0 and b_0 differ and neither is 1");
  a->setDimensionName(0, "n");
  b->setDimensionName(0, "n");
  EXPECT_EQ(sum->getOutput(0)->getDimensionName(0), "n");
  EXPECT_ERROR(a->setDimensionName(1, "m"), "dim 1 has the fixed size 4 and takes no name");
  EXPECT_ERROR(a->setDimensionName(0, "2n"), "\"2n\" cannot name a size");
  EXPECT_ERROR(a->setDimensionName(2, "n"), "which has no dim 2");
  EXPECT_ERROR(sum->getOutput(0)->setDimensionName(0, "n"), "is not a network input");
  // Made-up names never coincide.
  ITensor* c = net.addInput("c.d", DataType::kFLOAT, dims({-1}));
  ITensor* d = net.addInput("c_d", DataType::kFLOAT, dims({-1}));
  EXPECT_NE(c->getDimensionName(0), d->getDimensionName(0));
}

TEST(Network, EveryConstructor) {
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, dims({2, 3, 8, 8}));
  ITensor* i = net.addInput("i", DataType::kINT64, dims({5}));
  ITensor* m = net.addInput("m", DataType::kFLOAT, dims({3, 8}));
  const std::vector<float> c = {1, 2, 3}, k(3 * 4 * 2 * 2, 1.f), n(8, 1.f);
  const auto shape = [](ILayer* layer, int32_t out = 0) {
    return list(layer->getOutput(out)->getDimensions());
  };
  EXPECT_EQ(shape(net.addDeconvolutionNd(*x, 4, dims({2, 2}), weights(k), {})),
            (Sizes{2, 4, 9, 9}));
  EXPECT_EQ(shape(net.addUnary(*x, UnaryOperation::kEXP)), (Sizes{2, 3, 8, 8}));
  auto* reduce = net.addReduce(*x, ReduceOperation::kAVG, 0b1100, true);
  EXPECT_EQ(shape(reduce), (Sizes{2, 3, 1, 1}));
  EXPECT_EQ(reduce->getReduceAxes(), 0b1100u);
  auto* topk = net.addTopK(*x, TopKOperation::kMAX, 2, 1u << 3);
  EXPECT_EQ(shape(topk, 1), (Sizes{2, 3, 8, 2}));
  EXPECT_EQ(topk->getOutput(1)->getType(), DataType::kINT64);
  EXPECT_EQ(shape(net.addGather(*x, *i, 1)), (Sizes{2, 5, 8, 8}));
  EXPECT_EQ(
      shape(net.addMatrixMultiply(*x, MatrixOperation::kNONE, *m, MatrixOperation::kTRANSPOSE)),
      (Sizes{2, 3, 8, 3}));
  ITensor* both[] = {x, x};
  EXPECT_EQ(shape(net.addConcatenation(both, 2)), (Sizes{2, 6, 8, 8}));
  auto* constant = net.addConstant(dims({3, 1, 1}), weights(c));
  EXPECT_EQ(constant->getWeights().values, c.data());
  EXPECT_EQ(shape(net.addElementWise(*x, *constant->getOutput(0), ElementWiseOperation::kPROD)),
            (Sizes{2, 3, 8, 8}));
  EXPECT_EQ(shape(net.addSlice(*x, dims({0, 0, 0, 7}), dims({2, 3, 8, 4}), dims({1, 1, 1, -2}))),
            (Sizes{2, 3, 8, 4}));
  auto* less = net.addElementWise(*x, *x, ElementWiseOperation::kLESS);
  EXPECT_EQ(shape(net.addSelect(*less->getOutput(0), *x, *x)), (Sizes{2, 3, 8, 8}));
  EXPECT_EQ(net.addCast(*x, DataType::kHALF)->getOutput(0)->getType(), DataType::kHALF);
  EXPECT_EQ(shape(net.addIdentity(*i)), (Sizes{5}));
  ITensor* norm = net.addConstant(dims({8}), weights(n))->getOutput(0);
  EXPECT_EQ(shape(net.addNormalization(*x, *norm, *norm, 0b1000)), (Sizes{2, 3, 8, 8}));
  EXPECT_EQ(shape(net.addScaleNd(*x, ScaleMode::kCHANNEL, {}, weights(c), {}, 1)),
            (Sizes{2, 3, 8, 8}));
  auto* resize = net.addResize(*x);
  resize->setOutputDimensions(dims({2, 3, 16, 4}));
  resize->setResizeMode(InterpolationMode::kLINEAR);
  EXPECT_EQ(shape(resize), (Sizes{2, 3, 16, 4}));
  EXPECT_EQ(shape(net.addPaddingNd(*x, dims({1, 1}), dims({0, 2}))), (Sizes{2, 3, 9, 11}));
  EXPECT_EQ(shape(net.addFill(dims({7}), FillOperation::kLINSPACE, DataType::kINT64)), (Sizes{7}));
  EXPECT_EQ(shape(net.addFill(dims({2, 7}), DataType::kFLOAT, 0.5)), (Sizes{2, 7}));
  EXPECT_EQ(shape(net.addAttention(*x, *x, *x, nullptr, true)), (Sizes{2, 3, 8, 8}));
  EXPECT_EQ(shape(net.addExpand(*i, dims({4, 5}))), (Sizes{4, 5}));
  EXPECT_EQ(shape(net.add<IGroupNormLayer>({x, nullptr, nullptr})), (Sizes{2, 3, 8, 8}));
  auto* div = net.addElementWise(*i, *i, ElementWiseOperation::kDIV);
  EXPECT_EQ(div->getOutput(0)->getType(), DataType::kINT64);
  EXPECT_EQ(ElementWiseOperation(div->getOperation()), ElementWiseOperation::kTRUNC_DIV);
}

TEST(Network, LayerTypesFollowLayersDef) {
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, dims({2, 3}));
  EXPECT_EQ(static_cast<size_t>(LayerType::kCONSTANT), net::all_layers().size());
  EXPECT_EQ(net.addLayer("reorder", &x, 1)->getType(), LayerType::kREORDER);
  EXPECT_EQ(net.addSoftMax(*x)->getType(), LayerType::kSOFTMAX);
  EXPECT_EQ(net.addLayer("group_norm", &x, 1)->getType(), LayerType::kGROUP_NORM);
  EXPECT_EQ(net.addFill(dims({1}), DataType::kFLOAT, 0)->getType(), LayerType::kFILL);
}

TEST(Network, Errors) {
  const std::vector<float> w(12, 1.f);
  INetworkDefinition net, other;
  ITensor* x = net.addInput("x", DataType::kFLOAT, dims({2, 3, 4}));
  ITensor* y = other.addInput("y", DataType::kFLOAT, dims({2, 3, 4}));
  EXPECT_ERROR(net.addInput("x", DataType::kFLOAT, dims({1})), "there are two inputs named 'x'");
  EXPECT_ERROR(net.addInput("z", DataType::kFLOAT, dims({-2})),
               "input 'z': size -2, wanted -1 or at least 0");
  EXPECT_EQ(net.getNbInputs(), 1);
  EXPECT_ERROR(net.addActivation(*y, ActivationType::kRELU),
               "tensor 'y' belongs to another network");
  auto* soft = net.addSoftMax(*x);
  EXPECT_ERROR(soft->setAxes(0b11),
               "softmax 'softmax': the axes mask 3 has 2 bits set, wanted exactly one");
  EXPECT_ERROR(net.addNormalization(*x, *x, *x, 0b010),
               "the axes mask 2 of an input of rank 3 is not made of the last dims");
  EXPECT_ERROR(net.addConstant(dims({5}), weights(w)), "has 12 values, wanted 5 for shape [5]");
  auto* act = net.addActivation(*soft->getOutput(0), ActivationType::kRELU);
  EXPECT_ERROR(soft->setInput(0, *act->getOutput(0)), "which is computed from this layer");
  EXPECT_ERROR(act->setInput(1, *x), "has no input 1");
  EXPECT_ERROR(act->getOutput(1), "activation 'activation' has no output 1");
  EXPECT_ERROR(act->getOutput(0)->setName("x"), "that name is taken");
  EXPECT_ERROR(net.print(), "the network has no output: call markOutput");
  net.markOutput(*act->getOutput(0));
  EXPECT_ERROR(net.markOutput(*act->getOutput(0)), "is already an output");
  act->setActivationType("step");
  act->setName("head");
  EXPECT_ERROR(net.print(), "activation: there is no type \"step\"\n  in layer 'head'");
  EXPECT_ERROR(static_cast<void>(ActivationType(act->getActivationType())),
               "\"step\" is not a value of ActivationType");
  auto* slice = net.addSlice(*x, dims({0, 0, 0}), dims({1, 1, 1}), dims({1, 1, 1}));
  EXPECT_ERROR(slice->setSize(dims({-1, 1, 1})), "run-time sizes are given as expressions");
  EXPECT_ERROR(net.getLayer(99), "there is no layer 99");
  EXPECT_ERROR(net.addLayer("conv", &x, 1), "there is no layer \"conv\"");
}

TEST(Network, LaterTensorsCanBecomeInputs) {
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, dims({2, 3}));
  auto* first = net.addActivation(*x, ActivationType::kRELU);
  auto* second = net.addUnary(*x, UnaryOperation::kEXP);
  first->setInput(0, *second->getOutput(0));
  net.markOutput(*first->getOutput(0));
  const std::string text = net.print();
  EXPECT_LT(text.find("= unary"), text.find("= activation"));
}

}  // namespace
}  // namespace tenon
