// SPDX-License-Identifier: Apache-2.0
// The network API under the name that code written for nvinfer1 uses: nvinfer1::ITensor is
// tenon::ITensor, and so on. The real NvInfer.h cannot be used in the same file: including it
// before this header is refused here, including it after gives errors about redefinitions.
#pragma once

#if defined(NV_INFER_H) || defined(NV_INFER_RUNTIME_H) || defined(NV_INFER_RUNTIME_BASE_H) || \
    defined(NV_INFER_RUNTIME_COMMON_H)
#error "tenon/nvinfer1.h and NvInfer.h both define namespace nvinfer1: include one of them"
#endif

#include "tenon/builder.h"
#include "tenon/network.h"

namespace nvinfer1 {

using namespace tenon;  // every name of the API
// Declared here by name, so that the real ones, if they follow, conflict instead of hiding ours.
using tenon::DataType;
using tenon::Dims;
using tenon::IBuilder;
using tenon::IBuilderConfig;
using tenon::ILayer;
using tenon::INetworkDefinition;
using tenon::ITensor;
using tenon::Permutation;
using tenon::Weights;

using Dims64 = tenon::Dims;

/// Dims of a fixed number of dimensions.
class Dims2 : public Dims {
 public:
  Dims2() : Dims2(0, 0) {}
  Dims2(int64_t d0, int64_t d1) : Dims{2, {d0, d1}} {}
};

class DimsHW : public Dims2 {
 public:
  DimsHW() = default;
  DimsHW(int64_t height, int64_t width) : Dims2(height, width) {}
  int64_t h() const { return d[0]; }
  int64_t w() const { return d[1]; }
  int64_t& h() { return d[0]; }
  int64_t& w() { return d[1]; }
};

class Dims3 : public Dims {
 public:
  Dims3() : Dims3(0, 0, 0) {}
  Dims3(int64_t d0, int64_t d1, int64_t d2) : Dims{3, {d0, d1, d2}} {}
};

class Dims4 : public Dims {
 public:
  Dims4() : Dims4(0, 0, 0, 0) {}
  Dims4(int64_t d0, int64_t d1, int64_t d2, int64_t d3) : Dims{4, {d0, d1, d2, d3}} {}
};

}  // namespace nvinfer1
