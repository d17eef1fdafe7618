// SPDX-License-Identifier: Apache-2.0
// Shape tensors: sizes that layers compute, read back as expressions.
#include <gtest/gtest.h>

#include <list>
#include <string>
#include <vector>

#include "base/error.h"
#include "tenon/network.h"

namespace tenon {
namespace {

Dims dims(std::initializer_list<int64_t> sizes) {
  Dims d;
  for (int64_t s : sizes) d.d[d.nbDims++] = s;
  return d;
}

/// A network with x f32[b, 6, t], y = something of a shape computed from x's.
class ShapeTensors : public testing::Test {
 protected:
  ShapeTensors() {
    x->setDimensionName(0, "b");
    x->setDimensionName(2, "t");
  }

  ITensor& list(std::vector<int64_t> values) {
    kept.push_back(std::move(values));
    const std::vector<int64_t>& v = kept.back();
    const auto count = static_cast<int64_t>(v.size());
    return *net.addConstant(dims({count}), {DataType::kINT64, v.data(), count})->getOutput(0);
  }
  ITensor& size(int64_t i) {
    return *net.addGather(*net.addShape(*x)->getOutput(0), list({i}), 0)->getOutput(0);
  }
  ITensor& binary(ITensor& a, ITensor& b, ElementWiseOperation op) {
    return *net.addElementWise(a, b, op)->getOutput(0);
  }
  ITensor& joined(std::vector<ITensor*> parts) {
    auto* layer = net.addConcatenation(parts.data(), static_cast<int32_t>(parts.size()));
    layer->setAxis(0);
    return *layer->getOutput(0);
  }
  std::vector<std::string> reshaped(ITensor& shape) {
    auto* layer = net.addShuffle(*x);
    layer->setInput(1, shape);
    return expressions(*layer->getOutput(0));
  }
  static std::vector<std::string> expressions(const ITensor& t) {
    std::vector<std::string> out;
    for (int32_t i = 0; i < t.getDimensions().nbDims; ++i)
      out.push_back(t.getDimensionExpression(i));
    return out;
  }
  template <typename Body>
  static std::string error_of(Body body) {
    try {
      body();
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  }

  std::list<std::vector<int64_t>> kept;
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, dims({-1, 6, -1}));
};

using Sizes = std::vector<std::string>;
using Op = ElementWiseOperation;

TEST_F(ShapeTensors, ShapeOfATensor) {
  ITensor* shape = net.addShape(*x)->getOutput(0);
  EXPECT_EQ(shape->getType(), DataType::kINT64);
  EXPECT_EQ(expressions(*shape), Sizes{"3"});
  EXPECT_EQ(reshaped(*shape), (Sizes{"b", "6", "t"}));
}

TEST_F(ShapeTensors, ReshapeOfArithmetic) {
  ITensor& three = list({3});
  ITensor& half = binary(size(1), list({2}), Op::kDIV);
  EXPECT_EQ(reshaped(joined({&size(0), &half, &list({2}), &size(2)})), (Sizes{"b", "3", "2", "t"}));
  EXPECT_EQ(reshaped(joined({&binary(size(0), three, Op::kPROD), &list({2}), &size(2)})),
            (Sizes{"3*b", "2", "t"}));
  EXPECT_EQ(reshaped(joined({&size(0), &list({-1})})), (Sizes{"b", "6*t"}));
  EXPECT_EQ(reshaped(joined({&list({0}), &list({-1})})), (Sizes{"b", "6*t"}));
  ITensor* all =
      net.addReduce(*net.addShape(*x)->getOutput(0), ReduceOperation::kPROD, 1, true)->getOutput(0);
  EXPECT_EQ(reshaped(*all), Sizes{"6*b*t"});
}

TEST_F(ShapeTensors, CastSliceSelectAndNegation) {
  ITensor* shape = net.addCast(*net.addShape(*x)->getOutput(0), DataType::kINT32)->getOutput(0);
  ITensor* tail = net.addSlice(*shape, dims({1}), dims({2}), dims({1}))->getOutput(0);
  ITensor* wide = net.addCast(*tail, DataType::kINT64)->getOutput(0);
  EXPECT_EQ(reshaped(joined({&size(0), wide})), (Sizes{"b", "6", "t"}));
  ITensor& is_six = binary(size(1), list({6}), Op::kEQUAL);
  ITensor* picked = net.addSelect(is_six, size(0), size(2))->getOutput(0);
  ITensor* minus = net.addUnary(*picked, UnaryOperation::kNEG)->getOutput(0);
  ITensor& back = binary(list({0}), *minus, Op::kSUB);
  EXPECT_EQ(reshaped(joined({&back, &list({-1})})), (Sizes{"b", "6*t"}));
}

TEST_F(ShapeTensors, SliceExpandAndResize) {
  auto* slice = net.addSlice(*x, dims({0, 0, 0}), dims({}), dims({1, 1, 1}));
  slice->setInput(1, list({0, 2, 1}));
  slice->setInput(2, joined({&size(0), &list({4}), &binary(size(2), list({1}), Op::kSUB)}));
  EXPECT_EQ(expressions(*slice->getOutput(0)), (Sizes{"b", "4", "t - 1"}));
  auto* expand =
      net.addExpand(*net.addFill(dims({}), DataType::kFLOAT, 1.0)->getOutput(0), dims({}));
  expand->setInput(1, joined({&size(2), &list({5})}));
  EXPECT_EQ(expressions(*expand->getOutput(0)), (Sizes{"t", "5"}));
  auto* resize = net.addResize(*x);
  resize->setInput(1, joined({&size(0), &list({6}), &binary(size(2), list({2}), Op::kPROD)}));
  EXPECT_EQ(expressions(*resize->getOutput(0)), (Sizes{"b", "6", "2*t"}));
}

TEST_F(ShapeTensors, FollowChanges) {
  auto* flat = net.addShuffle(*x);
  flat->setInput(1, joined({&size(0), &list({-1})}));
  EXPECT_EQ(expressions(*flat->getOutput(0)), (Sizes{"b", "6*t"}));
  x->setDimensions(dims({4, 6, -1}));
  EXPECT_EQ(expressions(*flat->getOutput(0)), (Sizes{"4", "6*x_2"}));
  flat->setReshapeDimensions(dims({2, -1}));  // what is said last counts
  EXPECT_EQ(expressions(*flat->getOutput(0)), (Sizes{"2", "12*x_2"}));
}

TEST_F(ShapeTensors, ZeroIsAnEmptyDimIfSoWished) {
  ITensor* none = net.addInput("none", DataType::kFLOAT, dims({0, 3}));
  auto* s = net.addShuffle(*none);
  s->setReshapeDimensions(dims({3, 0}));
  EXPECT_EQ(error_of([&] { s->getOutput(0)->getDimensions(); }).find("cannot reshape"), 9u);
  s->setZeroIsPlaceholder(false);
  EXPECT_EQ(expressions(*s->getOutput(0)), (Sizes{"3", "0"}));
}

TEST_F(ShapeTensors, SqueezeUnsqueezeAndPRelu) {
  ITensor* more = net.addUnsqueeze(*x, list({1, -1}))->getOutput(0);
  EXPECT_EQ(expressions(*more), (Sizes{"b", "1", "6", "t", "1"}));
  EXPECT_EQ(expressions(*net.addSqueeze(*more, list({-1}))->getOutput(0)),
            (Sizes{"b", "1", "6", "t"}));
  ITensor* wrong = net.addSqueeze(*more, list({2}))->getOutput(0);
  EXPECT_NE(error_of([&] { wrong->getDimensions(); }).find("is 6, wanted 1 to squeeze it"),
            std::string::npos);
  const float slope = 0.5f;
  ITensor* s = net.addConstant(dims({}), {DataType::kFLOAT, &slope, 1})->getOutput(0);
  EXPECT_EQ(expressions(*net.addParametricReLU(*x, *s)->getOutput(0)), (Sizes{"b", "6", "t"}));
}

TEST_F(ShapeTensors, WhatDataDecidesIsAnErrorThatNamesIt) {
  ITensor* sizes = net.addInput("sizes", DataType::kINT64, dims({2}));
  const auto contains = [](const std::string& text, const char* part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  contains(error_of([&] { reshaped(*sizes); }),
           "the content of 'sizes' (an input, i64[2]) is known only at run time");
  ITensor* top = net.addTopK(*sizes, TopKOperation::kMAX, 1, 1)->getOutput(0);
  contains(error_of([&] { reshaped(*top); }), "a topk layer computes it from data");
  contains(error_of([&] { reshaped(*x); }), "wanted a list of integers");
  contains(error_of([&] { reshaped(binary(size(0), size(2), Op::kGREATER)); }),
           "operation greater on b and t");
  auto* loop = net.addShuffle(*x);
  ITensor& own = *net.addShape(*loop->getOutput(0))->getOutput(0);
  contains(error_of([&] { loop->setInput(1, own); }), "which is computed from this layer");
  contains(error_of([&] { net.addShuffle(*x)->setInput(2, own); }), "has no input 2");
}

}  // namespace
}  // namespace tenon
