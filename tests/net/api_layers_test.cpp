// SPDX-License-Identifier: Apache-2.0
// The layer classes of the public C++ API: every setter and getter that layers.def makes, and
// nvinfer1's further spellings.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tenon/nvinfer1.h"

namespace nvinfer1 {
namespace {

#define CHECK_Int(Name) \
  layer->set##Name(3);  \
  EXPECT_EQ(layer->get##Name(), 3)
#define CHECK_Float(Name) \
  layer->set##Name(0.5);  \
  EXPECT_EQ(layer->get##Name(), 0.5)
#define CHECK_Bool(Name)            \
  layer->set##Name(false);          \
  EXPECT_FALSE(layer->get##Name()); \
  layer->set##Name(true);           \
  EXPECT_TRUE(layer->get##Name())
#define CHECK_Ints(Name)                   \
  layer->set##Name(Dims2(1, 0));           \
  EXPECT_EQ(layer->get##Name().nbDims, 2); \
  EXPECT_EQ(layer->get##Name().d[0], 1)
#define CHECK_Floats(Name) \
  layer->set##Name({0.5}); \
  EXPECT_EQ(layer->get##Name(), std::vector<double>{0.5})
#define CHECK_Strings(Name)   \
  layer->set##Name({"text"}); \
  EXPECT_EQ(layer->get##Name(), std::vector<std::string>{"text"})
#define CHECK_Sizes(Name)                  \
  layer->set##Name(Dims2(3, 2));           \
  EXPECT_EQ(layer->get##Name().nbDims, 2); \
  EXPECT_EQ(layer->get##Name().d[0], 3)
#define CHECK_DType(Name)            \
  layer->set##Name(DataType::kHALF); \
  EXPECT_EQ(layer->get##Name(), DataType::kHALF)
#define CHECK_Str(Name)       \
  layer->set##Name("a_word"); \
  EXPECT_EQ(layer->get##Name().str(), "a_word")

// A test a layer; types are inferred when they are asked for, so any value may be set before.
#define TENON_LAYER(Name, op)                                              \
  TEST(Attributes, Name) {                                                 \
    INetworkDefinition net;                                                \
    ITensor* x = net.addInput("x", DataType::kFLOAT, Dims2(2, 3));         \
    [[maybe_unused]] I##Name##Layer* layer = net.add<I##Name##Layer>({x}); \
    EXPECT_STREQ(layer->getOp(), op);
#define TENON_INPUT(index, name, required)
#define TENON_ATTR(Type, Name, ...) CHECK_##Type(Name);
#define TENON_END() }
#include "tenon/layers.def"
#undef TENON_LAYER
#undef TENON_INPUT
#undef TENON_ATTR
#undef TENON_END

TEST(Spellings, OfWindows) {
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, Dims4(1, 2, 8, 8));
  IPoolingLayer* pool = net.addPoolingNd(*x, PoolingType::kMAX, Dims2(3, 3));
  pool->setPaddingNd(Dims2(1, 1));
  pool->setStrideNd(Dims2(2, 2));
  EXPECT_EQ(pool->getPrePadding().d[0], 1);
  EXPECT_EQ(pool->getPostPadding().d[1], 1);
  EXPECT_EQ(pool->getOutput(0)->getDimensions().d[2], 4);
  IResizeLayer* resize = net.addResize(*x);
  resize->setResizeMode(InterpolationMode::kLINEAR);
  resize->setOutputDimensions(Dims4(1, 2, 4, 5));
  EXPECT_EQ(resize->getOutput(0)->getDimensions().d[3], 5);
}

TEST(Spellings, OfAxesAndOperations) {
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, Dims2(3, 3));
  ISoftMaxLayer* softmax = net.addSoftMax(*x);
  softmax->setAxes(1u << 1);
  EXPECT_EQ(softmax->getAxes(), 1u << 1);
  IReduceLayer* sum = net.addReduce(*x, ReduceOperation::kSUM, 1, false);
  sum->setReduceAxes(3);
  EXPECT_EQ(sum->getReduceAxes(), 3u);
  ITopKLayer* top = net.addTopK(*x, TopKOperation::kMAX, 1, 1u << 1);
  top->setOperation(TopKOperation::kMIN);
  top->setReduceAxes(1u << 0);
  EXPECT_FALSE(top->getLargest());
  EXPECT_EQ(top->getOutput(0)->getDimensions().d[0], 1);
  IMatrixMultiplyLayer* product =
      net.addMatrixMultiply(*x, MatrixOperation::kNONE, *x, MatrixOperation::kNONE);
  product->setOperation(1, MatrixOperation::kTRANSPOSE);
  EXPECT_EQ(product->getOperation(0), MatrixOperation::kNONE);
  EXPECT_EQ(product->getOperation(1), MatrixOperation::kTRANSPOSE);
}

TEST(Spellings, OfMovement) {
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, Dims2(2, 3));
  IShuffleLayer* shuffle = net.addShuffle(*x);
  EXPECT_TRUE(shuffle->getZeroIsPlaceholder());
  shuffle->setZeroIsPlaceholder(false);
  EXPECT_FALSE(shuffle->getZeroIsPlaceholder());
  const int64_t picked[] = {1};
  ITensor* index =
      net.addConstant(Dims{1, {1}}, Weights{DataType::kINT64, picked, 1})->getOutput(0);
  IGatherLayer* gather = net.addGather(*x, *index, 0);
  gather->setGatherAxis(1);
  EXPECT_EQ(gather->getGatherAxis(), 1);
  IRangeLayer* range = net.addFill(Dims{1, {4}}, FillOperation::kLINSPACE, DataType::kFLOAT);
  range->setAlpha(2.0);
  range->setBeta(0.5);
  EXPECT_EQ(range->getStart(), 2.0);
  EXPECT_EQ(range->getStep(), 0.5);
}

}  // namespace
}  // namespace nvinfer1
