// SPDX-License-Identifier: Apache-2.0
// cuDNN's backend API as values: descriptors, operation graphs, engine configurations, plans. A
// plan is made for the device of a handle, or for a device that is only described (DEVICEPROP as
// JSON): planning needs no GPU. Failures throw Error with what cuDNN says about them. Graphs and
// configurations belong to one thread; a Plan may run from many threads at once.
#pragma once

#include <cuda.h>
#include <cudnn_backend.h>

#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "kernels/kernel.h"

namespace tenon::kernels::cudnn {

class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type);
  Descriptor(Descriptor&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Descriptor();
  cudnnBackendDescriptor_t get() const { return handle_; }

  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, size_t count,
           const void* values);
  void set(cudnnBackendAttributeName_t name, const Descriptor& value);
  void set(cudnnBackendAttributeName_t name, int64_t value);
  void set(cudnnBackendAttributeName_t name, const std::vector<int64_t>& values);
  void set(cudnnBackendAttributeName_t name, cudnnDataType_t value);
  void set_bool(cudnnBackendAttributeName_t name, bool value);
  void set_float(cudnnBackendAttributeName_t name, float value);
  void set_handle(cudnnBackendAttributeName_t name, cudnnHandle_t value);
  void finalize();

  int64_t get_int(cudnnBackendAttributeName_t name) const;
  /// At most `room` values are written; returns how many there are.
  size_t get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, size_t room,
             void* values) const;

 private:
  cudnnBackendDescriptor_t handle_ = nullptr;
};

/// What plans are made for: the device of `handle`, or the device that `properties` describes.
struct PlanDevice {
  cudnnHandle_t handle = nullptr;
  const Descriptor* properties = nullptr;
};
Descriptor device_properties(const std::string& json);

/// A handle of the current device, taken from a pool for the lifetime of this object. Handles are
/// expensive to make and must not be used by two threads at a time. Meanwhile this thread may
/// allocate memory while it captures a stream: cuDNN does so when a handle or a kernel is new.
class HandleLease {
 public:
  HandleLease();
  ~HandleLease();
  HandleLease(const HandleLease&) = delete;
  HandleLease& operator=(const HandleLease&) = delete;
  cudnnHandle_t get() const { return handle_; }
  void set_stream(void* stream);

 private:
  int device_ = 0;
  CUstreamCaptureMode mode_ = CU_STREAM_CAPTURE_MODE_RELAXED;
  cudnnHandle_t handle_ = nullptr;
};

struct Tensor {
  int64_t uid = 0;  // names the operand in the graph and in Plan::execute()
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  std::vector<int64_t> dims, strides;
  bool is_virtual = false;  // never in memory
};

struct Window {
  std::vector<int64_t> stride, pre_padding, post_padding, dilation;
};

/// Operations are added in the order of their data flow, then the graph is finalized.
class Graph {
 public:
  const Descriptor& tensor(const Tensor& tensor);
  /// Groups follow from the channels of x and w. Sums in f32.
  void convolution(const Window& window, const Descriptor& x, const Descriptor& w,
                   const Descriptor& y);
  void add(const Descriptor& a, const Descriptor& b, const Descriptor& y);
  void relu(const Descriptor& x, const Descriptor& y);
  void finalize(const PlanDevice& device);

  const Descriptor& descriptor() const { return graph_; }
  const PlanDevice& device() const { return device_; }

 private:
  Descriptor& keep(Descriptor part);
  void pointwise(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* b,
                 const Descriptor& y);

  std::deque<Descriptor> parts_;  // references to them stay valid
  std::vector<cudnnBackendDescriptor_t> operations_;
  Descriptor graph_{CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR};
  PlanDevice device_;
};

/// An engine of cuDNN with the values of its knobs.
struct EngineChoice {
  int64_t engine = 0;
  std::vector<std::pair<int64_t, int64_t>> knobs;  // type, value

  std::string text() const;                            // "e41:2=3,13=32"
  static EngineChoice parse(const std::string& text);  // throws Error
};

/// A finalized engine configuration of a graph.
class EngineConfig {
 public:
  explicit EngineConfig(Descriptor config) : config_(std::move(config)) {}
  EngineConfig(const Graph& graph, const EngineChoice& choice);
  const Descriptor& descriptor() const { return config_; }
  EngineChoice choice() const;
  bool has(cudnnBackendNumericalNote_t note) const;
  bool has(cudnnBackendBehaviorNote_t note) const;

 private:
  Descriptor engine() const;
  Descriptor config_;
};

/// Configurations that cuDNN proposes, the one it believes fastest first. Empty where it knows
/// none (`why` gets the reason).
std::vector<EngineConfig> propose(const Graph& graph, cudnnBackendHeurMode_t mode,
                                  std::string* why);

struct BoundTensor {
  int64_t uid;
  const void* data;
};

class Plan {
 public:
  Plan(const Graph& graph, const EngineConfig& config);
  size_t workspace_bytes() const { return workspace_bytes_; }
  void execute(cudnnHandle_t handle, const std::vector<BoundTensor>& tensors,
               void* workspace) const;

 private:
  Descriptor plan_{CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR};
  size_t workspace_bytes_ = 0;
  // Not every engine of cuDNN allows a plan to be executed from two threads at a time.
  mutable std::mutex mutex_;
};

}  // namespace tenon::kernels::cudnn
