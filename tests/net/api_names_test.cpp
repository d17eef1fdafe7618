// SPDX-License-Identifier: Apache-2.0
// The public C++ API by name, as code written for nvinfer1 uses it: every enumerator, and the
// accessors that no other test needs.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tenon/error.h"
#include "tenon/nvinfer1.h"

namespace nvinfer1 {
namespace {

// {enumerator, its spelling}
#define NAMED(value) {value, #value}

/// The word of layers.def for "E::kSOME_NAME": some_name.
std::string word_of(const std::string& spelling) {
  std::string text = spelling.substr(spelling.find("::k") + 3);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

template <typename Enum>
void expect_words(const std::vector<std::pair<Enum, std::string>>& pairs) {
  for (const auto& [value, name] : pairs) {
    EXPECT_EQ(Word(value).str(), word_of(name));
    EXPECT_EQ(static_cast<Enum>(Word(word_of(name))), value) << name;
  }
  EXPECT_THROW((void)static_cast<Enum>(Word("no such word")), Error);
}

TEST(Names, ActivationType) {
  using E = ActivationType;
  expect_words<E>({NAMED(E::kRELU), NAMED(E::kSIGMOID), NAMED(E::kTANH), NAMED(E::kLEAKY_RELU),
                   NAMED(E::kELU), NAMED(E::kSELU), NAMED(E::kSOFTSIGN), NAMED(E::kSOFTPLUS),
                   NAMED(E::kCLIP), NAMED(E::kHARD_SIGMOID), NAMED(E::kSCALED_TANH),
                   NAMED(E::kTHRESHOLDED_RELU), NAMED(E::kGELU_ERF), NAMED(E::kGELU_TANH),
                   NAMED(E::kSILU), NAMED(E::kHARD_SWISH), NAMED(E::kMISH)});
}

TEST(Names, Operations) {
  using B = ElementWiseOperation;
  expect_words<B>(
      {NAMED(B::kSUM),     NAMED(B::kPROD),      NAMED(B::kMAX),           NAMED(B::kMIN),
       NAMED(B::kSUB),     NAMED(B::kDIV),       NAMED(B::kPOW),           NAMED(B::kFLOOR_DIV),
       NAMED(B::kAND),     NAMED(B::kOR),        NAMED(B::kXOR),           NAMED(B::kEQUAL),
       NAMED(B::kGREATER), NAMED(B::kLESS),      NAMED(B::kTRUNC_DIV),     NAMED(B::kMOD),
       NAMED(B::kFMOD),    NAMED(B::kNOT_EQUAL), NAMED(B::kGREATER_EQUAL), NAMED(B::kLESS_EQUAL),
       NAMED(B::kATAN2)});
  using U = UnaryOperation;
  expect_words<U>(
      {NAMED(U::kEXP),   NAMED(U::kLOG),   NAMED(U::kSQRT),  NAMED(U::kRECIP), NAMED(U::kABS),
       NAMED(U::kNEG),   NAMED(U::kSIN),   NAMED(U::kCOS),   NAMED(U::kTAN),   NAMED(U::kSINH),
       NAMED(U::kCOSH),  NAMED(U::kASIN),  NAMED(U::kACOS),  NAMED(U::kATAN),  NAMED(U::kASINH),
       NAMED(U::kACOSH), NAMED(U::kATANH), NAMED(U::kCEIL),  NAMED(U::kFLOOR), NAMED(U::kERF),
       NAMED(U::kNOT),   NAMED(U::kSIGN),  NAMED(U::kROUND), NAMED(U::kISINF), NAMED(U::kISNAN),
       NAMED(U::kRSQRT), NAMED(U::kEXPM1), NAMED(U::kLOG1P), NAMED(U::kTRUNC)});
  using R = ReduceOperation;
  expect_words<R>({NAMED(R::kSUM), NAMED(R::kPROD), NAMED(R::kMAX), NAMED(R::kMIN), NAMED(R::kAVG),
                   NAMED(R::kANY), NAMED(R::kALL)});
}

TEST(Names, Modes) {
  expect_words<PoolingType>({NAMED(PoolingType::kMAX), NAMED(PoolingType::kAVERAGE)});
  expect_words<TopKOperation>({NAMED(TopKOperation::kMAX), NAMED(TopKOperation::kMIN)});
  using M = MatrixOperation;
  expect_words<M>({NAMED(M::kNONE), NAMED(M::kTRANSPOSE), NAMED(M::kVECTOR)});
  expect_words<GatherMode>({NAMED(GatherMode::kDEFAULT), NAMED(GatherMode::kELEMENT)});
  using I = InterpolationMode;
  expect_words<I>({NAMED(I::kNEAREST), NAMED(I::kLINEAR), NAMED(I::kCUBIC)});
}

TEST(Names, LayerType) {
  using L = LayerType;
  const std::vector<std::pair<L, std::string>> all = {
      NAMED(L::kCONVOLUTION),     NAMED(L::kDECONVOLUTION), NAMED(L::kLINEAR),
      NAMED(L::kMATRIX_MULTIPLY), NAMED(L::kACTIVATION),    NAMED(L::kUNARY),
      NAMED(L::kELEMENTWISE),     NAMED(L::kSELECT),        NAMED(L::kCAST),
      NAMED(L::kSCALE),           NAMED(L::kPOOLING),       NAMED(L::kADAPTIVE_POOLING),
      NAMED(L::kREDUCE),          NAMED(L::kARG_REDUCE),    NAMED(L::kSOFTMAX),
      NAMED(L::kNORMALIZATION),   NAMED(L::kGROUP_NORM),    NAMED(L::kATTENTION),
      NAMED(L::kSHUFFLE),         NAMED(L::kEXPAND),        NAMED(L::kCONCATENATION),
      NAMED(L::kSLICE),           NAMED(L::kPADDING),       NAMED(L::kGATHER),
      NAMED(L::kGATHER_ND),       NAMED(L::kCUMSUM),        NAMED(L::kTOPK),
      NAMED(L::kRESIZE),          NAMED(L::kFILL),          NAMED(L::kRANGE),
      NAMED(L::kSIZE_OF),         NAMED(L::kIDENTITY),      NAMED(L::kPOINTWISE),
      NAMED(L::kREORDER),         NAMED(L::kPREPARE_IMAGE)};
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, Dims2(2, 3));
  for (const auto& [type, name] : all) {
    const ILayer* layer = net.addLayer(word_of(name).c_str(), &x, 1);
    EXPECT_EQ(layer->getType(), type) << name;
    EXPECT_EQ(layer->getOp(), word_of(name));
  }
  EXPECT_EQ(static_cast<size_t>(LayerType::kCONSTANT), all.size());
}

TEST(Names, Tensors) {
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, Dims2(2, 3));
  ITensor* y = net.addUnary(*x, UnaryOperation::kNEG)->getOutput(0);
  y->setName("y");
  EXPECT_TRUE(x->isNetworkInput() && !y->isNetworkInput());
  EXPECT_STREQ(y->getName(), "y");
  x->setType(DataType::kHALF);
  EXPECT_EQ(y->getType(), DataType::kHALF);
  net.markOutput(*x);
  net.markOutput(*y);
  EXPECT_TRUE(y->isNetworkOutput());
  net.unmarkOutput(*x);
  EXPECT_FALSE(x->isNetworkOutput());
  EXPECT_EQ(net.getNbOutputs(), 1);
  EXPECT_EQ(net.getInput(0), x);
}

TEST(Names, Layers) {
  INetworkDefinition net;
  ITensor* x = net.addInput("x", DataType::kFLOAT, Dims2(2, 3));
  ITopKLayer* top = net.addTopK(*x, TopKOperation::kMAX, 1, 1u << 1);
  top->setName("top");
  EXPECT_STREQ(top->getName(), "top");
  EXPECT_EQ(top->getNbOutputs(), 2);
  EXPECT_EQ(top->getInput(0), x);

  const float values[] = {1, 2, 3};
  IConstantLayer* constant = net.addConstant(Dims2(1, 3), Weights{DataType::kFLOAT, values, 3});
  EXPECT_EQ(constant->getDimensions().d[1], 3);
  EXPECT_EQ(constant->getWeights().count, 3);

  ITensor* slope = constant->getOutput(0);
  IParametricReLULayer* relu = net.addParametricReLU(*x, *slope);
  EXPECT_EQ(relu->getOutput(0)->getDimensions().nbDims, 2);
  IShapeLayer* shape = net.addShape(*x);
  EXPECT_EQ(shape->getOutput(0)->getType(), DataType::kINT64);
  const int64_t zero[] = {0};
  ITensor* axes = net.addConstant(Dims{1, {1}}, Weights{DataType::kINT64, zero, 1})->getOutput(0);
  IUnsqueezeLayer* wide = net.addUnsqueeze(*x, *axes);
  EXPECT_EQ(wide->getOutput(0)->getDimensions().nbDims, 3);
  ISqueezeLayer* narrow = net.addSqueeze(*wide->getOutput(0), *axes);
  EXPECT_EQ(narrow->getOutput(0)->getDimensions().nbDims, 2);
  ITensor* pair[] = {x, x};
  IEinsumLayer* product = net.addEinsum(pair, 2, "ij,kj->ik");
  EXPECT_EQ(product->getOutput(0)->getDimensions().d[1], 2);
  const int64_t picked[] = {0, 1, 2, 0};
  ITensor* indices =
      net.addConstant(Dims2(2, 2), Weights{DataType::kINT64, picked, 4})->getOutput(0);
  IGatherLayer* gather = net.addGatherV2(*x, *indices, GatherMode::kELEMENT);
  gather->setGatherAxis(1);
  EXPECT_EQ(gather->getOutput(0)->getDimensions().d[1], 2);
  const float two = 2;
  IScaleLayer* scale = net.addScaleNd(*net.addInput("y", DataType::kFLOAT, Dims4(1, 2, 2, 2)),
                                      ScaleMode::kUNIFORM, {}, {DataType::kFLOAT, &two, 1}, {}, 1);
  EXPECT_EQ(scale->getOutput(0)->getDimensions().nbDims, 4);
}

TEST(Names, Lists) {
  Permutation swap;
  swap.order[0] = 1;
  EXPECT_TRUE(IntList(swap).isPermutation());
  EXPECT_EQ(IntList(DimsHW(2, 3)).values(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(SizeList(std::vector<std::string>{"batch", "2"}).expressions()[0], "batch");
  EXPECT_EQ(SizeList(Dims2(4, 5)).dims().d[1], 5);
  DimsHW size(2, 3);
  size.h() = 7;
  EXPECT_EQ(size.h(), 7);
  EXPECT_EQ(size.w(), 3);
  const Dims64 none;
  EXPECT_EQ(none.nbDims, 0);
  EXPECT_EQ(Dims::MAX_DIMS, 8);
}

TEST(Names, Types) {
  EXPECT_STREQ(name_of(DataType::kFP8), "f8");
  EXPECT_EQ(size_of(DataType::kFP8), 1u);
}

TEST(Names, Builder) {
  std::unique_ptr<IBuilder> builder = createBuilder();
  std::unique_ptr<IBuilderConfig> config = builder->createBuilderConfig();
  EXPECT_EQ(config->getBuilderOptimizationLevel(), 3);
  EXPECT_STREQ(config->getTimingCachePath(), "");
  config->setBuilderOptimizationLevel(1);
  config->setTimingCachePath("none");
  EXPECT_EQ(config->getBuilderOptimizationLevel(), 1);
  EXPECT_STREQ(config->getTimingCachePath(), "none");
  EXPECT_EQ(config->getNbOptimizationProfiles(), 0);
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  EXPECT_EQ(config->addOptimizationProfile(profile), 0);
  EXPECT_EQ(config->getNbOptimizationProfiles(), 1);
}

TEST(Names, Error) {
  tenon::Error error("the message");
  error.add_frame("while testing");
  EXPECT_STREQ(error.what(), "the message\n  while testing");
}

}  // namespace
}  // namespace nvinfer1
