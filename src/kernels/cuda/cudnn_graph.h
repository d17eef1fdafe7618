// SPDX-License-Identifier: Apache-2.0
// cuDNN's backend API as values: descriptors and graphs of operations (engines and plans:
// cudnn_plan.h). A plan is made for the device of a handle, or for a device that is only described
// (DEVICEPROP as JSON): planning needs no GPU. Failures throw Error with what cuDNN says about
// them. Graphs belong to one thread.
#pragma once

#include <cudnn_backend.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace tenon::kernels::cudnn {

/// Throws Error with what cuDNN says unless `status` is success.
void check(cudnnStatus_t status, const char* what);

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

}  // namespace tenon::kernels::cudnn
