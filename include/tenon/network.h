// SPDX-License-Identifier: Apache-2.0
// The network API: a network is put together layer by layer, then built (builder.h) into a plan.
// Names, enumerators and defaults follow nvinfer1; what is ours has values from 100.
// INetworkDefinition owns its tensors and layers; the references and pointers it hands out live as
// long as it does. Attributes may be set in any order: types are inferred when they are asked for.
// A mistake is reported as tenon::Error (base class std::exception) by the call that needs the
// type: ITensor::getDimensions, getType, or the build. One thread at a time.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "tenon/types.h"

namespace tenon {

/// A view of constant data; the values must live until the network has been built.
struct Weights {
  DataType type = DataType::kFLOAT;
  const void* values = nullptr;
  int64_t count = 0;
};

/// order[i] is the input dimension that becomes dimension i. Entries beyond the rank are ignored.
struct Permutation {
  int32_t order[Dims::MAX_DIMS] = {};
};

// clang-format off
enum class ActivationType : int32_t {
  kRELU = 0, kSIGMOID = 1, kTANH = 2, kLEAKY_RELU = 3, kELU = 4, kSELU = 5, kSOFTSIGN = 6,
  kSOFTPLUS = 7, kCLIP = 8, kHARD_SIGMOID = 9, kSCALED_TANH = 10, kTHRESHOLDED_RELU = 11,
  kGELU_ERF = 12, kGELU_TANH = 13, kSILU = 100, kHARD_SWISH = 101, kMISH = 102,
};
enum class PoolingType : int32_t { kMAX = 0, kAVERAGE = 1 };
enum class ElementWiseOperation : int32_t {
  kSUM = 0, kPROD = 1, kMAX = 2, kMIN = 3, kSUB = 4, kDIV = 5, kPOW = 6, kFLOOR_DIV = 7, kAND = 8,
  kOR = 9, kXOR = 10, kEQUAL = 11, kGREATER = 12, kLESS = 13, kTRUNC_DIV = 100, kMOD = 101,
  kFMOD = 102, kNOT_EQUAL = 103, kGREATER_EQUAL = 104, kLESS_EQUAL = 105, kATAN2 = 106,
};
enum class UnaryOperation : int32_t {
  kEXP = 0, kLOG = 1, kSQRT = 2, kRECIP = 3, kABS = 4, kNEG = 5, kSIN = 6, kCOS = 7, kTAN = 8,
  kSINH = 9, kCOSH = 10, kASIN = 11, kACOS = 12, kATAN = 13, kASINH = 14, kACOSH = 15, kATANH = 16,
  kCEIL = 17, kFLOOR = 18, kERF = 19, kNOT = 20, kSIGN = 21, kROUND = 22, kISINF = 23, kISNAN = 24,
  kRSQRT = 100, kEXPM1 = 101, kLOG1P = 102, kTRUNC = 103,
};
enum class ReduceOperation : int32_t {
  kSUM = 0, kPROD = 1, kMAX = 2, kMIN = 3, kAVG = 4, kANY = 100, kALL = 101,
};
enum class TopKOperation : int32_t { kMAX = 0, kMIN = 1 };
enum class MatrixOperation : int32_t { kNONE = 0, kTRANSPOSE = 1, kVECTOR = 2 };
enum class GatherMode : int32_t { kDEFAULT = 0, kELEMENT = 1 };
enum class InterpolationMode : int32_t { kNEAREST = 0, kLINEAR = 1, kCUBIC = 2 };
enum class ScaleMode : int32_t { kUNIFORM = 0, kCHANNEL = 1, kELEMENTWISE = 2 };
enum class FillOperation : int32_t { kLINSPACE = 0 };

/// Layer kinds in the order of layers.def, then constants. The values are ours.
enum class LayerType : int32_t {
  kCONVOLUTION, kDECONVOLUTION, kLINEAR, kMATRIX_MULTIPLY, kACTIVATION, kUNARY, kELEMENTWISE,
  kSELECT, kCAST, kSCALE, kPOOLING, kADAPTIVE_POOLING, kREDUCE, kARG_REDUCE, kSOFTMAX,
  kNORMALIZATION, kGROUP_NORM, kATTENTION, kSHUFFLE, kEXPAND, kCONCATENATION, kSLICE, kPADDING,
  kGATHER, kGATHER_ND, kCUMSUM, kTOPK, kRESIZE, kFILL, kRANGE, kSIZE_OF, kIDENTITY, kPOINTWISE,
  kREORDER, kPREPARE_IMAGE, kCONSTANT,
};
// clang-format on

class ILayer;
class INetworkDefinition;
struct NetworkImpl;  // src/net/network_impl.h
struct LayerState;

/// A tensor of a network: an input, or the output of a layer.
class TENON_API ITensor {
 public:
  const char* getName() const;
  /// Names are unique in a network.
  void setName(const char* name);
  /// -1 for sizes known only at run time.
  Dims getDimensions() const;
  /// Size i as an expression over named sizes: "8", "batch", "2*batch + 1".
  std::string getDimensionExpression(int32_t i) const;
  DataType getType() const;
  bool isNetworkInput() const;
  bool isNetworkOutput() const;

  // Network inputs only.
  void setDimensions(const Dims& dims);
  void setType(DataType type);
  /// Names run-time size i. Inputs that use one name have the same size there. The name made by
  /// addInput is "<input>_<i>".
  void setDimensionName(int32_t i, const char* name);
  /// Name of run-time size i, or "" where the size is fixed or an expression.
  std::string getDimensionName(int32_t i) const;

  ITensor(const ITensor&) = delete;
  ITensor& operator=(const ITensor&) = delete;

 private:
  friend struct NetworkImpl;
  ITensor(NetworkImpl* network, void* value) : network_(network), value_(value) {}
  NetworkImpl* network_;
  void* value_;
};

// Declared in layers.h, which is made from layers.def.
#define TENON_LAYER(Name, op) class I##Name##Layer;
#define TENON_INPUT(index, name, required)
#define TENON_ATTR(...)
#define TENON_END()
#include "tenon/layers.def"
#undef TENON_LAYER
#undef TENON_INPUT
#undef TENON_ATTR
#undef TENON_END
class IConstantLayer;
using IEinsumLayer = IIdentityLayer;
using IShapeLayer = ILayer;
using IParametricReLULayer = ILayer;
using IUnsqueezeLayer = IShuffleLayer;
using ISqueezeLayer = IShuffleLayer;

class TENON_API INetworkDefinition {
 public:
  INetworkDefinition();
  ~INetworkDefinition();
  INetworkDefinition(const INetworkDefinition&) = delete;
  INetworkDefinition& operator=(const INetworkDefinition&) = delete;

  void setName(const char* name);
  const char* getName() const;

  /// -1 in `dims` is a run-time size; its range comes from an optimization profile (builder.h).
  ITensor* addInput(const char* name, DataType type, const Dims& dims);
  void markOutput(ITensor& tensor);
  void unmarkOutput(ITensor& tensor);
  int32_t getNbInputs() const;
  int32_t getNbOutputs() const;
  int32_t getNbLayers() const;
  ITensor* getInput(int32_t index) const;
  ITensor* getOutput(int32_t index) const;
  ILayer* getLayer(int32_t index) const;
  /// Text form of the network as it would be built, without weights.
  std::string print() const;

  /// Any layer of layers.h: add<IGroupNormLayer>({&x, scale, bias}). Absent inputs are null.
  template <typename L>
  L* add(std::initializer_list<ITensor*> inputs) {
    return static_cast<L*>(addLayer(L::kOp, inputs.begin(), static_cast<int32_t>(inputs.size())));
  }
  /// The same by op name ("group_norm").
  ILayer* addLayer(const char* op, ITensor* const* inputs, int32_t nbInputs);

  /// kernel holds [nbOutputMaps, C / groups, kernelSize...] values; one without values (count 0)
  /// leaves the kernel to setInput(1, tensor). A bias without values is no bias.
  IConvolutionLayer* addConvolutionNd(ITensor& input, int64_t nbOutputMaps, const Dims& kernelSize,
                                      Weights kernel, Weights bias);
  /// kernel holds [C, nbOutputMaps / groups, kernelSize...] values.
  IDeconvolutionLayer* addDeconvolutionNd(ITensor& input, int64_t nbOutputMaps,
                                          const Dims& kernelSize, Weights kernel, Weights bias);
  /// kernel holds [nbOutputs, K] values for an input [..., K].
  ILinearLayer* addLinear(ITensor& input, int64_t nbOutputs, Weights kernel, Weights bias);
  IActivationLayer* addActivation(ITensor& input, ActivationType type);
  IPoolingLayer* addPoolingNd(ITensor& input, PoolingType type, const Dims& windowSize);
  IElementWiseLayer* addElementWise(ITensor& a, ITensor& b, ElementWiseOperation op);
  IUnaryLayer* addUnary(ITensor& input, UnaryOperation op);
  ISoftMaxLayer* addSoftMax(ITensor& input);
  IConcatenationLayer* addConcatenation(ITensor* const* inputs, int32_t nbInputs);
  IShuffleLayer* addShuffle(ITensor& input);
  IReduceLayer* addReduce(ITensor& input, ReduceOperation op, uint32_t reduceAxes,
                          bool keepDimensions);
  /// Outputs: values, indices (i64). reduceAxes has one bit set.
  ITopKLayer* addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t reduceAxes);
  IGatherLayer* addGather(ITensor& data, ITensor& indices, int32_t axis);
  IGatherLayer* addGatherV2(ITensor& data, ITensor& indices, GatherMode mode);
  IMatrixMultiplyLayer* addMatrixMultiply(ITensor& a, MatrixOperation opA, ITensor& b,
                                          MatrixOperation opB);
  IConstantLayer* addConstant(const Dims& dims, Weights weights);
  ISliceLayer* addSlice(ITensor& input, const Dims& start, const Dims& size, const Dims& stride);
  ISelectLayer* addSelect(ITensor& condition, ITensor& thenInput, ITensor& elseInput);
  ICastLayer* addCast(ITensor& input, DataType toType);
  IIdentityLayer* addIdentity(ITensor& input);
  /// Layer norm over the last dims, which are the bits of axesMask.
  INormalizationLayer* addNormalization(ITensor& input, ITensor& scale, ITensor& bias,
                                        uint32_t axesMask);
  /// x * scale + shift per channel (kCHANNEL) or with one value each (kUNIFORM). `power` is empty.
  IScaleLayer* addScaleNd(ITensor& input, ScaleMode mode, Weights shift, Weights scale,
                          Weights power, int32_t channelAxis);
  IResizeLayer* addResize(ITensor& input);
  /// Pads the last dims.
  IPaddingLayer* addPaddingNd(ITensor& input, const Dims& prePadding, const Dims& postPadding);
  /// kLINSPACE: one dimension, start and step set with setAlpha and setBeta.
  IRangeLayer* addFill(const Dims& dims, FillOperation op, DataType type);
  /// A tensor of one value.
  IFillLayer* addFill(const Dims& dims, DataType type, double value);
  /// softmax(q k^T * scale + mask) v; q [B,H,S,D], k and v [B,Hk,T,D].
  IAttentionLayer* addAttention(ITensor& query, ITensor& key, ITensor& value, ITensor* mask,
                                bool causal);
  IExpandLayer* addExpand(ITensor& input, const Dims& dims);

  // Made of several layers; the handle is that of the last one.
  /// The sizes of `input` (rank at least 1) as a tensor i64[rank].
  IShapeLayer* addShape(ITensor& input);
  /// x above 0, slope * x elsewhere; slope broadcasts against x.
  IParametricReLULayer* addParametricReLU(ITensor& input, ITensor& slope);
  /// `axes`: a list whose content follows from constants; they count in the result, may be
  /// negative.
  IUnsqueezeLayer* addUnsqueeze(ITensor& input, ITensor& axes);
  /// `axes` count in the input, where their sizes must be 1.
  ISqueezeLayer* addSqueeze(ITensor& input, ITensor& axes);
  /// Of one or two tensors, without "..." and repeated labels; the types must be known already.
  IEinsumLayer* addEinsum(ITensor* const* inputs, int32_t nbInputs, const char* equation);

  NetworkImpl& impl() const { return *impl_; }

 private:
  friend struct NetworkImpl;
  explicit INetworkDefinition(std::unique_ptr<NetworkImpl> impl);
  std::unique_ptr<NetworkImpl> impl_;
};

}  // namespace tenon

#include "tenon/layers.h"  // NOLINT: so that one include gives the whole API, as with nvinfer1
