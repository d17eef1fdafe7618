// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cudnn_graph.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

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

void check(cudnnStatus_t status, const char* what) {
  TENON_CHECK(status == CUDNN_STATUS_SUCCESS, what, " failed: ", error_text(status));
}

/// Handles that nobody uses now. Never destroyed: at exit the driver may be gone before them.
struct HandlePool {
  std::mutex mutex;
  std::map<int, std::vector<cudnnHandle_t>> idle;  // per device
};

HandlePool& handle_pool() {
  static auto* const pool = new HandlePool;
  return *pool;
}

cudnnHandle_t idle_handle(int device) {
  HandlePool& pool = handle_pool();
  std::lock_guard<std::mutex> lock(pool.mutex);
  std::vector<cudnnHandle_t>& idle = pool.idle[device];
  if (idle.empty()) return nullptr;
  const cudnnHandle_t handle = idle.back();
  idle.pop_back();
  return handle;
}

int current_device() {
  cuda::make_current();
  CUdevice device = 0;
  TENON_CU(cuCtxGetDevice, &device);
  return device;
}

}  // namespace

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

// ---- handles

HandleLease::HandleLease() : device_(current_device()), handle_(idle_handle(device_)) {
  TENON_CU(cuThreadExchangeStreamCaptureMode, &mode_);
  if (handle_) return;
  const cudnnStatus_t status = cuda::cudnn().cudnnCreate(&handle_);
  if (status != CUDNN_STATUS_SUCCESS) cuda::driver().cuThreadExchangeStreamCaptureMode(&mode_);
  check(status, "cudnnCreate");
}

HandleLease::~HandleLease() {
  cuda::driver().cuThreadExchangeStreamCaptureMode(&mode_);
  HandlePool& pool = handle_pool();
  std::lock_guard<std::mutex> lock(pool.mutex);
  pool.idle[device_].push_back(handle_);
}

void HandleLease::set_stream(void* stream) {
  check(cuda::cudnn().cudnnSetStream(handle_, static_cast<CUstream>(stream)), "cudnnSetStream");
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

// ---- engines

std::string EngineChoice::text() const {
  std::string s = "e" + std::to_string(engine);
  char before = ':';
  for (const auto& [type, value] : knobs) {
    s += before + std::to_string(type) + "=" + std::to_string(value);
    before = ',';
  }
  return s;
}

EngineChoice EngineChoice::parse(const std::string& text) {
  const char *at = text.data(), *const end = at + text.size();
  const auto bad = [&] { return Error("'" + text + "' names no engine of cuDNN"); };
  const auto skip = [&](char c) {
    if (at == end || *at++ != c) throw bad();
  };
  const auto number = [&] {
    int64_t value = 0;
    const auto [next, code] = std::from_chars(at, end, value);
    if (code != std::errc()) throw bad();
    at = next;
    return value;
  };
  EngineChoice choice;
  skip('e');
  choice.engine = number();
  for (char before = ':'; at != end; before = ',') {
    skip(before);
    const int64_t type = number();
    skip('=');
    choice.knobs.emplace_back(type, number());
  }
  return choice;
}

EngineConfig::EngineConfig(const Graph& graph, const EngineChoice& choice)
    : config_(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR) {
  Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph.descriptor());
  engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, choice.engine);
  if (graph.device().properties)
    engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, *graph.device().properties);
  engine.finalize();
  config_.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  std::vector<Descriptor> knobs;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (const auto& [type, value] : choice.knobs) {
    Descriptor knob(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
    const auto kind = static_cast<cudnnBackendKnobType_t>(type);
    knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &kind);
    knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value);
    knob.finalize();
    raw.push_back(knob.get());
    knobs.push_back(std::move(knob));
  }
  if (!raw.empty())
    config_.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR, raw.size(),
                raw.data());
  config_.finalize();
}

Descriptor EngineConfig::engine() const {
  Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t raw = engine.get();
  config_.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
  return engine;
}

EngineChoice EngineConfig::choice() const {
  EngineChoice choice;
  choice.engine = engine().get_int(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
  std::vector<Descriptor> knobs;
  std::array<cudnnBackendDescriptor_t, CUDNN_KNOB_TYPE_COUNTS> raw{};
  for (auto& r : raw) r = knobs.emplace_back(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR).get();
  const size_t count = config_.get(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                                   raw.size(), raw.data());
  for (size_t i = 0; i < std::min(count, raw.size()); ++i) {
    cudnnBackendKnobType_t type{};
    knobs[i].get(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &type);
    choice.knobs.emplace_back(type, knobs[i].get_int(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  }
  return choice;
}

bool EngineConfig::has(cudnnBackendNumericalNote_t note) const {
  std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes{};
  const size_t count = engine().get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                    notes.size(), notes.data());
  const auto end = notes.begin() + std::min(count, notes.size());
  return std::find(notes.begin(), end, note) != end;
}

bool EngineConfig::has(cudnnBackendBehaviorNote_t note) const {
  std::array<cudnnBackendBehaviorNote_t, CUDNN_BEHAVIOR_NOTE_TYPE_COUNT> notes{};
  const size_t count = engine().get(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE,
                                    notes.size(), notes.data());
  const auto end = notes.begin() + std::min(count, notes.size());
  return std::find(notes.begin(), end, note) != end;
}

std::vector<EngineConfig> propose(const Graph& graph, cudnnBackendHeurMode_t mode,
                                  std::string* why) {
  Descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.descriptor());
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
  if (graph.device().properties)
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *graph.device().properties);
  try {
    heuristic.finalize();
  } catch (const Error& e) {
    *why = e.what();
    return {};
  }
  const size_t count =
      heuristic.get(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
  std::vector<EngineConfig> configs;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (size_t i = 0; i < count; ++i) {
    configs.emplace_back(Descriptor(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
    raw.push_back(configs.back().descriptor().get());
  }
  const size_t got = count ? heuristic.get(CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                           CUDNN_TYPE_BACKEND_DESCRIPTOR, count, raw.data())
                           : 0;
  while (configs.size() > got) configs.pop_back();
  if (configs.empty()) *why = "cuDNN's heuristics propose no engine";
  return configs;
}

// ---- plans

Plan::Plan(const Graph& graph, const EngineConfig& config) {
  const PlanDevice& device = graph.device();
  plan_.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config.descriptor());
  if (device.properties) {
    plan_.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *device.properties);
  } else {
    plan_.set_handle(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, device.handle);
  }
  plan_.finalize();
  workspace_bytes_ = static_cast<size_t>(plan_.get_int(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
}

void Plan::execute(cudnnHandle_t handle, const std::vector<BoundTensor>& tensors,
                   void* workspace) const {
  std::vector<int64_t> uids;
  std::vector<const void*> pointers;
  for (const BoundTensor& t : tensors) {
    uids.push_back(t.uid);
    pointers.push_back(t.data);
  }
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, uids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, pointers.size(),
           pointers.data());
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  pack.finalize();
  std::lock_guard<std::mutex> lock(mutex_);
  check(cuda::cudnn().cudnnBackendExecute(handle, plan_.get(), pack.get()), "cudnnBackendExecute");
}

}  // namespace tenon::kernels::cudnn
