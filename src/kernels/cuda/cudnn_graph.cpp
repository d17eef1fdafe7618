// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cudnn_graph.h"

#include <algorithm>
#include <array>

#include "base/cuda_api.h"

namespace tenon::kernels::cudnn {
namespace {

std::string error_text(cudnnStatus_t status) {
  std::array<char, 1024> detail{};
  cuda::cudnn().cudnnGetLastErrorString(detail.data(), detail.size());
  std::string text = cuda::cudnn().cudnnGetErrorString(status);
  if (detail[0]) text += std::string(": ") + detail.data();
  return text;
}

}  // namespace

void check(cudnnStatus_t status, const char* what) {
  TENON_CHECK(status == CUDNN_STATUS_SUCCESS, what, " failed: ", error_text(status));
}

// ---- descriptors

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) {
  check(cuda::cudnn().cudnnBackendCreateDescriptor(type, &handle_), "cudnnBackendCreateDescriptor");
}

Descriptor::~Descriptor() {
  if (handle_) cuda::cudnn().cudnnBackendDestroyDescriptor(handle_);
}

void Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                     size_t count, const void* values) {
  const cudnnStatus_t status = cuda::cudnn().cudnnBackendSetAttribute(
      handle_, name, type, static_cast<int64_t>(count), values);
  TENON_CHECK(status == CUDNN_STATUS_SUCCESS, "cudnnBackendSetAttribute(", static_cast<int>(name),
              ") failed: ", error_text(status));
}

void Descriptor::set(cudnnBackendAttributeName_t name, const Descriptor& value) {
  const cudnnBackendDescriptor_t raw = value.get();
  set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
}

void Descriptor::set(cudnnBackendAttributeName_t name, int64_t value) {
  set(name, CUDNN_TYPE_INT64, 1, &value);
}

void Descriptor::set(cudnnBackendAttributeName_t name, const std::vector<int64_t>& values) {
  set(name, CUDNN_TYPE_INT64, values.size(), values.data());
}

void Descriptor::set(cudnnBackendAttributeName_t name, cudnnDataType_t value) {
  set(name, CUDNN_TYPE_DATA_TYPE, 1, &value);
}

void Descriptor::set_bool(cudnnBackendAttributeName_t name, bool value) {
  set(name, CUDNN_TYPE_BOOLEAN, 1, &value);
}

void Descriptor::set_float(cudnnBackendAttributeName_t name, float value) {
  set(name, CUDNN_TYPE_FLOAT, 1, &value);
}

void Descriptor::set_handle(cudnnBackendAttributeName_t name, cudnnHandle_t value) {
  set(name, CUDNN_TYPE_HANDLE, 1, &value);
}

void Descriptor::finalize() {
  check(cuda::cudnn().cudnnBackendFinalize(handle_), "cudnnBackendFinalize");
}

size_t Descriptor::get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                       size_t room, void* values) const {
  int64_t count = 0;
  const cudnnStatus_t status = cuda::cudnn().cudnnBackendGetAttribute(
      handle_, name, type, static_cast<int64_t>(room), &count, values);
  TENON_CHECK(status == CUDNN_STATUS_SUCCESS, "cudnnBackendGetAttribute(", static_cast<int>(name),
              ") failed: ", error_text(status));
  return static_cast<size_t>(std::max<int64_t>(count, 0));
}

int64_t Descriptor::get_int(cudnnBackendAttributeName_t name) const {
  int64_t value = 0;
  get(name, CUDNN_TYPE_INT64, 1, &value);
  return value;
}

Descriptor device_properties(const std::string& json) {
  Descriptor d(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  d.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, json.size(), json.data());
  d.finalize();
  return d;
}

// ---- graphs

Descriptor& Graph::keep(Descriptor part) {
  part.finalize();
  parts_.push_back(std::move(part));
  return parts_.back();
}

const Descriptor& Graph::tensor(const Tensor& t) {
  Descriptor d(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  d.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, t.uid);
  d.set(CUDNN_ATTR_TENSOR_DATA_TYPE, t.type);
  d.set(CUDNN_ATTR_TENSOR_DIMENSIONS, t.dims);
  d.set(CUDNN_ATTR_TENSOR_STRIDES, t.strides);
  // What the widest accesses of its kernels need; the engine's buffers have more.
  d.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, int64_t{16});
  d.set_bool(CUDNN_ATTR_TENSOR_IS_VIRTUAL, t.is_virtual);
  return keep(std::move(d));
}

void Graph::convolution(const Window& window, const Descriptor& x, const Descriptor& w,
                        const Descriptor& y) {
  Descriptor c(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
  c.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
  c.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  c.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, static_cast<int64_t>(window.stride.size()));
  c.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, window.stride);
  c.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, window.pre_padding);
  c.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, window.post_padding);
  c.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, window.dilation);
  const Descriptor& conv = keep(std::move(c));

  Descriptor op(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, conv);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, w);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y);
  op.set_float(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.f);
  op.set_float(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0.f);
  operations_.push_back(keep(std::move(op)).get());
}

void Graph::pointwise(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* b,
                      const Descriptor& y) {
  Descriptor d(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  d.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
  d.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
  if (mode == CUDNN_POINTWISE_RELU_FWD) {
    const cudnnNanPropagation_t nan = CUDNN_PROPAGATE_NAN;
    d.set(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, CUDNN_TYPE_NAN_PROPOGATION, 1, &nan);
  }
  const Descriptor& math = keep(std::move(d));

  Descriptor op(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, math);
  op.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
  if (b) op.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  op.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  operations_.push_back(keep(std::move(op)).get());
}

void Graph::add(const Descriptor& a, const Descriptor& b, const Descriptor& y) {
  pointwise(CUDNN_POINTWISE_ADD, a, &b, y);
}

void Graph::relu(const Descriptor& x, const Descriptor& y) {
  pointwise(CUDNN_POINTWISE_RELU_FWD, x, nullptr, y);
}

void Graph::finalize(const PlanDevice& device) {
  device_ = device;
  graph_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, operations_.size(),
             operations_.data());
  if (!device.properties) graph_.set_handle(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, device.handle);
  graph_.finalize();
}

}  // namespace tenon::kernels::cudnn
