// SPDX-License-Identifier: Apache-2.0
// The layers of the network API: class I<Name>Layer with set<Attribute>/get<Attribute>, made from
// layers.def, plus nvinfer1's spellings where they differ. Layers belong to their network, which
// makes them; they are thin handles: everything below is inline over the functions of ILayer.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tenon/network.h"

namespace tenon {

/// A word of an attribute such as an operation. Converts from and to the enum it stands for;
/// converting to an enum that lacks the word throws.
class TENON_API Word {
 public:
  Word(const char* word) : word_(word) {}             // NOLINT: implicit by intent
  Word(std::string word) : word_(std::move(word)) {}  // NOLINT
  Word(ActivationType v);                             // NOLINT
  Word(PoolingType v);                                // NOLINT
  Word(ElementWiseOperation v);                       // NOLINT
  Word(UnaryOperation v);                             // NOLINT
  Word(ReduceOperation v);                            // NOLINT
  Word(TopKOperation v);                              // NOLINT
  Word(MatrixOperation v);                            // NOLINT
  Word(GatherMode v);                                 // NOLINT
  Word(InterpolationMode v);                          // NOLINT
  operator ActivationType() const;                    // NOLINT
  operator PoolingType() const;                       // NOLINT
  operator ElementWiseOperation() const;              // NOLINT
  operator UnaryOperation() const;                    // NOLINT
  operator ReduceOperation() const;                   // NOLINT
  operator TopKOperation() const;                     // NOLINT
  operator MatrixOperation() const;                   // NOLINT
  operator GatherMode() const;                        // NOLINT
  operator InterpolationMode() const;                 // NOLINT
  const std::string& str() const { return word_; }

 private:
  std::string word_;
};

/// A list of integers: Dims, a braced list, or a Permutation (cut to the rank when it is used).
class IntList {
 public:
  IntList(const Dims& dims) : values_(dims.d, dims.d + dims.nbDims) {}  // NOLINT
  IntList(std::initializer_list<int64_t> v) : values_(v) {}             // NOLINT
  IntList(std::vector<int64_t> v) : values_(std::move(v)) {}            // NOLINT
  IntList(const Permutation& p)                                         // NOLINT
      : values_(p.order, p.order + Dims::MAX_DIMS), is_permutation_(true) {}
  const std::vector<int64_t>& values() const { return values_; }
  bool isPermutation() const { return is_permutation_; }

 private:
  std::vector<int64_t> values_;
  bool is_permutation_ = false;
};

/// A list of sizes: Dims, or expressions over named run-time sizes such as {"batch", "2*batch +
/// 1"}.
class SizeList {
 public:
  SizeList(const Dims& dims) : dims_(dims) {}                           // NOLINT
  SizeList(std::vector<std::string> v) : expressions_(std::move(v)) {}  // NOLINT
  const Dims& dims() const { return dims_; }
  const std::vector<std::string>& expressions() const { return expressions_; }

 private:
  Dims dims_;
  std::vector<std::string> expressions_;
};

class TENON_API ILayer {
 public:
  virtual ~ILayer() = default;
  ILayer(const ILayer&) = delete;
  ILayer& operator=(const ILayer&) = delete;

  LayerType getType() const;
  const char* getOp() const;  // "convolution"
  const char* getName() const;
  void setName(const char* name);
  int32_t getNbInputs() const;
  int32_t getNbOutputs() const;
  ITensor* getInput(int32_t index) const;  // null: an absent optional input
  ITensor* getOutput(int32_t index) const;
  /// Further inputs of some layers are shape tensors, as in nvinfer1: shuffle 1 (reshape), slice 1,
  /// 2, 3 (start, size, stride), resize 1 (sizes of all dims), fill 0 (dims), range 0, 1, 2 (dims,
  /// start, step); of ours, expand 1 (dims). Their content must follow from shapes and constants.
  void setInput(int32_t index, ITensor& tensor);

 protected:
  explicit ILayer(LayerState* state) : state_(state) {}

  void setInt(const char* attr, int64_t value);
  void setFloat(const char* attr, double value);
  void setBool(const char* attr, bool value);
  void setInts(const char* attr, const IntList& value);
  void setFloats(const char* attr, const std::vector<double>& value);
  void setStrings(const char* attr, const std::vector<std::string>& value);
  void setSizes(const char* attr, const SizeList& value);
  void setDType(const char* attr, DataType value);
  void setStr(const char* attr, const Word& value);
  int64_t getInt(const char* attr) const;
  double getFloat(const char* attr) const;
  bool getBool(const char* attr) const;
  Dims getInts(const char* attr) const;
  std::vector<double> getFloats(const char* attr) const;
  std::vector<std::string> getStrings(const char* attr) const;
  Dims getSizes(const char* attr) const;  // -1 for run-time sizes
  DataType getDType(const char* attr) const;
  Word getStr(const char* attr) const;

  /// Shuffle: a reshape size of 0 copies the input's, else it is an empty dim.
  void setZeroIsCopy(bool on);
  bool zeroIsCopy() const;
  int32_t inputRank() const;
  /// The axis of a mask with one bit; anything else throws.
  int64_t oneAxis(uint32_t mask) const;

 private:
  friend struct NetworkImpl;
  LayerState* state_;
};

namespace detail {

struct IntAttr {
  using Set = int64_t;
  using Get = int64_t;
};
struct FloatAttr {
  using Set = double;
  using Get = double;
};
struct BoolAttr {
  using Set = bool;
  using Get = bool;
};
struct IntsAttr {
  using Set = const IntList&;
  using Get = Dims;
};
struct FloatsAttr {
  using Set = const std::vector<double>&;
  using Get = std::vector<double>;
};
struct StringsAttr {
  using Set = const std::vector<std::string>&;
  using Get = std::vector<std::string>;
};
struct SizesAttr {
  using Set = const SizeList&;
  using Get = Dims;
};
struct DTypeAttr {
  using Set = DataType;
  using Get = DataType;
};
struct StrAttr {
  using Set = const Word&;
  using Get = Word;
};

/// nvinfer1's further spellings of a layer; the general case has none.
#define TENON_LAYER(Name, op) struct Name##Tag;
#define TENON_INPUT(index, name, required)
#define TENON_ATTR(...)
#define TENON_END()
#include "tenon/layers.def"
#undef TENON_LAYER
#undef TENON_ATTR

template <typename Tag>
class LayerExtra : public ILayer {
 protected:
  using ILayer::ILayer;
};

template <>
class LayerExtra<ConvolutionTag> : public ILayer {
 public:
  void setPaddingNd(const Dims& padding) {
    setInts("pre_padding", padding);
    setInts("post_padding", padding);
  }

 protected:
  using ILayer::ILayer;
};

template <>
class LayerExtra<DeconvolutionTag> : public LayerExtra<ConvolutionTag> {
 protected:
  using LayerExtra<ConvolutionTag>::LayerExtra;
};

template <>
class LayerExtra<PoolingTag> : public LayerExtra<ConvolutionTag> {
 protected:
  using LayerExtra<ConvolutionTag>::LayerExtra;
};

template <>
class LayerExtra<MatrixMultiplyTag> : public ILayer {
 public:
  void setOperation(int32_t index, MatrixOperation op) { setStr(index == 0 ? "op0" : "op1", op); }
  MatrixOperation getOperation(int32_t index) const { return getStr(index == 0 ? "op0" : "op1"); }

 protected:
  using ILayer::ILayer;
};

template <>
class LayerExtra<ReduceTag> : public ILayer {
 public:
  void setReduceAxes(uint32_t mask) {
    std::vector<int64_t> axes;
    for (int64_t i = 0; i < 32; ++i)
      if (mask >> i & 1u) axes.push_back(i);
    setInts("axes", axes);
  }
  uint32_t getReduceAxes() const {
    const Dims axes = getInts("axes");
    uint32_t mask = 0;
    for (int32_t i = 0; i < axes.nbDims; ++i) mask |= 1u << axes.d[i];
    return mask;
  }

 protected:
  using ILayer::ILayer;
};

template <>
class LayerExtra<SoftMaxTag> : public ILayer {
 public:
  /// One bit set: softmax over several axes is not supported.
  void setAxes(uint32_t mask) { setInt("axis", oneAxis(mask)); }
  uint32_t getAxes() const {
    const int64_t axis = getInt("axis");
    return 1u << (axis < 0 ? axis + inputRank() : axis);
  }

 protected:
  using ILayer::ILayer;
};

template <>
class LayerExtra<TopKTag> : public ILayer {
 public:
  void setOperation(TopKOperation op) { setBool("largest", op == TopKOperation::kMAX); }
  void setReduceAxes(uint32_t mask) { setInt("axis", oneAxis(mask)); }

 protected:
  using ILayer::ILayer;
};

template <>
class LayerExtra<GatherTag> : public ILayer {
 public:
  void setGatherAxis(int32_t axis) { setInt("axis", axis); }
  int32_t getGatherAxis() const { return static_cast<int32_t>(getInt("axis")); }

 protected:
  using ILayer::ILayer;
};

template <>
class LayerExtra<ShuffleTag> : public ILayer {
 public:
  void setZeroIsPlaceholder(bool on) { setZeroIsCopy(on); }
  bool getZeroIsPlaceholder() const { return zeroIsCopy(); }

 protected:
  using ILayer::ILayer;
};

template <>
class LayerExtra<ResizeTag> : public ILayer {
 public:
  void setResizeMode(InterpolationMode mode) { setStr("mode", mode); }
  /// Sizes of all dims [N, C, ...]; the first two must stay those of the input.
  void setOutputDimensions(const Dims& dims) {
    Dims spatial;
    for (int32_t i = 2; i < dims.nbDims; ++i) spatial.d[spatial.nbDims++] = dims.d[i];
    setSizes("output_size", spatial);
  }

 protected:
  using ILayer::ILayer;
};

template <>
class LayerExtra<RangeTag> : public ILayer {
 public:
  void setAlpha(double start) { setFloat("start", start); }
  void setBeta(double step) { setFloat("step", step); }

 protected:
  using ILayer::ILayer;
};

}  // namespace detail

#define TENON_LAYER(Name, op)                                                                    \
  class I##Name##Layer final : public detail::LayerExtra<detail::Name##Tag> {                    \
   public:                                                                                       \
    static constexpr const char* kOp = op;                                                       \
                                                                                                 \
   private:                                                                                      \
    friend struct NetworkImpl;                                                                   \
    explicit I##Name##Layer(LayerState* state) : detail::LayerExtra<detail::Name##Tag>(state) {} \
                                                                                                 \
   public:
#define TENON_ATTR(Type, CamelName, snake_name, ...)                                    \
  void set##CamelName(detail::Type##Attr::Set value) { set##Type(#snake_name, value); } \
  detail::Type##Attr::Get get##CamelName() const { return get##Type(#snake_name); }
#undef TENON_END
#define TENON_END() \
  }                 \
  ;
#include "tenon/layers.def"
#undef TENON_LAYER
#undef TENON_INPUT
#undef TENON_ATTR
#undef TENON_END

/// Constant data; not in layers.def because it has no inputs, attributes or kernel.
class TENON_API IConstantLayer final : public ILayer {
 public:
  Dims getDimensions() const { return getOutput(0)->getDimensions(); }
  Weights getWeights() const;

 private:
  friend struct NetworkImpl;
  explicit IConstantLayer(LayerState* state) : ILayer(state) {}
};

}  // namespace tenon
