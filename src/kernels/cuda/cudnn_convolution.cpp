// SPDX-License-Identifier: Apache-2.0
// cudnn.convolution: relu(conv(x, w) + residual + bias) by one engine of cuDNN, channels last.
// Precompiled engines match exactly this order of operations, with the bias in the type of the
// tensors and f32 between the operations.
#include "kernels/cuda/cudnn_convolution.h"

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "kernels/cpu/nd.h"
#include "kernels/device.h"

namespace tenon::kernels::cudnn {
namespace {

using cpu::Ints;

constexpr size_t kMaxWorkspaceBytes = 256u << 20;
constexpr size_t kMaxTactics = 32, kMaxCompiledTactics = 2;
constexpr const char* kPackedFormat = "cudnn:krsc";
constexpr const char* kCompiledSuffix = ",rtc";

cudnnDataType_t data_type(DataType t) {
  if (t == DataType::kHALF) return CUDNN_DATA_HALF;
  if (t == DataType::kBF16) return CUDNN_DATA_BFLOAT16;
  return CUDNN_DATA_FLOAT;
}

// ---- the graph

/// One spatial dim is taken as two: height 1.
Ints with_height(Ints list, int64_t value, size_t rank) {
  if (rank == 3) list.insert(list.end() - 1, value);
  return list;
}

Ints window_ints(const Problem& p, const char* name, int64_t value) {
  const size_t rank = p.in[0].shape.size();
  Ints list = cpu::attr_ints(p, name);
  if (list.empty()) list.assign(rank - 2, value);
  return with_height(std::move(list), value, rank);
}

Tensor channels_last(int64_t uid, DataType type, const Ints& shape) {
  TensorDesc desc;
  desc.shape = with_height(shape, 1, shape.size());
  desc.layout = ir::Layout::kChannelsLast;
  return {uid, data_type(type), desc.shape, desc.strides()};
}

Tensor bias_tensor(const Problem& p) {
  Ints shape(p.out[0].shape.size(), 1);
  shape[1] = p.out[0].shape[1];
  return channels_last(kBias, p.out[0].dtype, shape);
}

/// Adds operations one after the other; each but the last writes a tensor that is never stored.
class Chain {
 public:
  Chain(Graph& graph, Tensor output, int operations)
      : graph_(graph), output_(std::move(output)), left_(operations) {}
  const Descriptor& next() {
    Tensor t = output_;
    if (--left_ > 0) {
      t.uid = 100 + left_;
      t.type = CUDNN_DATA_FLOAT;
      t.is_virtual = true;
    }
    return graph_.tensor(t);
  }

 private:
  Graph& graph_;
  const Tensor output_;
  int left_;
};

void build(Graph& graph, const Problem& p, const PlanDevice& device) {
  const DataType type = p.out[0].dtype;
  const bool residual = cpu::has_input(p, 3), bias = adds_bias(p);
  const bool relu = !cpu::attr_str(p, "activation", "").empty();
  Chain chain(graph, channels_last(kOutput, type, p.out[0].shape), 1 + residual + bias + relu);
  const Descriptor& x = graph.tensor(channels_last(kInput, type, p.in[0].shape));
  const Descriptor& w = graph.tensor(channels_last(kKernel, type, p.in[1].shape));
  const Window window{window_ints(p, "stride", 1), window_ints(p, "pre_padding", 0),
                      window_ints(p, "post_padding", 0), window_ints(p, "dilation", 1)};
  const Descriptor* last = &chain.next();
  graph.convolution(window, x, w, *last);
  const auto add = [&](const Tensor& what) {
    const Descriptor& sum = chain.next();
    graph.add(*last, graph.tensor(what), sum);
    last = &sum;
  };
  if (residual) add(channels_last(kResidual, type, p.out[0].shape));
  if (bias) add(bias_tensor(p));
  if (relu) graph.relu(*last, chain.next());
  graph.finalize(device);
}

// ---- engines

/// Results must repeat bit for bit and be as exact as f32 sums of products are (of TF32 products,
/// where the layer's f32 allows that).
bool wanted(const EngineConfig& config, bool tensor_cores) {
  for (auto note :
       {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS,
        CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION, CUDNN_NUMERICAL_NOTE_FFT,
        CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4,
        CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6, CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13})
    if (config.has(note)) return false;
  return tensor_cores || !config.has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
}

bool may_use_tensor_cores(const Problem& p) {
  return p.out[0].dtype != DataType::kFLOAT || !p.target || p.target->tf32;
}

struct Planned {
  std::string tactic;
  std::unique_ptr<Plan> plan;
};

/// Null, with the reason, if the engine cannot.
std::unique_ptr<Plan> try_plan(const Graph& graph, const EngineConfig& config, std::string* why) {
  try {
    auto plan = std::make_unique<Plan>(graph, config);
    if (plan->workspace_bytes() <= kMaxWorkspaceBytes) return plan;
    *why = "needs " + std::to_string(plan->workspace_bytes()) + " bytes of workspace";
  } catch (const Error& e) {
    *why = e.what();
  }
  return nullptr;
}

std::vector<Planned> best_plans(const Graph& graph, bool tensor_cores, size_t limit,
                                std::string* why) {
  std::vector<Planned> plans;
  for (const bool compiled : {false, true}) {
    const size_t room = compiled ? std::min(limit, kMaxCompiledTactics) : limit;
    for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
      for (const EngineConfig& config : propose(graph, mode, why)) {
        if (plans.size() == room) break;
        if (config.has(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION) != compiled) continue;
        if (!wanted(config, tensor_cores)) continue;
        if (auto plan = try_plan(graph, config, why))
          plans.push_back(
              {config.choice().text() + (compiled ? kCompiledSuffix : ""), std::move(plan)});
      }
      if (!plans.empty()) return plans;
    }
  }
  return plans;
}

std::unique_ptr<Plan> plan_of_tactic(const Graph& graph, std::string tactic, std::string* why) {
  if (tactic.ends_with(kCompiledSuffix))
    tactic.resize(tactic.size() - std::strlen(kCompiledSuffix));
  try {
    return try_plan(graph, EngineConfig(graph, EngineChoice::parse(tactic)), why);
  } catch (const Error& e) {
    *why = e.what();
    return nullptr;
  }
}

}  // namespace

bool adds_bias(const Problem& p) {
  return cpu::has_input(p, 2) || cpu::has_input(p, 3) ||
         !cpu::attr_str(p, "activation", "").empty();
}

Support convolution_supported(const Problem& p) {
  const DataType type = p.out[0].dtype;
  if (type != DataType::kFLOAT && type != DataType::kHALF && type != DataType::kBF16)
    return Support::no("f32, f16 and bf16 only");
  const size_t rank = p.out[0].shape.size();
  if (rank < 3 || rank > 5) return Support::no("one to three spatial dims only");
  const auto same = [&](const TensorDesc& d) { return !d.present || d.dtype == type; };
  if (!std::all_of(p.in.begin(), p.in.end(), same)) return Support::no("operands of several types");
  const auto dense = [](const TensorDesc& d) {
    return !d.present || (d.layout == ir::Layout::kChannelsLast && d.format.empty());
  };
  if (!dense(p.in[0]) || !dense(p.out[0]) || (p.in.size() > 3 && !dense(p.in[3])))
    return Support::no("channels-last layout only");
  const TensorDesc& w = p.in[1];
  if (!w.is_constant) return Support::no("constant weights only");
  if (!w.plain() || (!w.format.empty() && w.format != kPackedFormat))
    return Support::no("weights in the layout '" + w.format + "' of another kernel");
  const std::string activation = cpu::attr_str(p, "activation", "");
  if (!activation.empty() && activation != "relu")
    return Support::no("precompiled engines have no activation \"" + activation + "\"");
  if (w.elements() == 0) return Support::no("empty weights");
  return Support::yes();
}

std::vector<std::string> convolution_tactics(const Problem& p, const PlanDevice& device,
                                             std::string* why) {
  Graph graph;
  build(graph, p, device);
  std::vector<std::string> tactics;
  for (Planned& planned : best_plans(graph, may_use_tensor_cores(p), kMaxTactics, why))
    tactics.push_back(std::move(planned.tactic));
  return tactics;
}

std::unique_ptr<Plan> plan_convolution(const Problem& p, const PlanDevice& device) {
  Graph graph;
  build(graph, p, device);
  std::string why;
  if (!p.tactic.empty())
    if (auto plan = plan_of_tactic(graph, p.tactic, &why)) return plan;
  std::vector<Planned> plans = best_plans(graph, may_use_tensor_cores(p), 1, &why);
  TENON_CHECK(!plans.empty(), "cuDNN has no engine for this convolution: ", why);
  return std::move(plans[0].plan);
}

namespace {

// ---- weights: [K, C/g, taps] to [K, taps, C/g]

template <typename T>
void to_channels_last(const T* from, T* to, const Ints& shape) {
  const int64_t channels = shape[1], taps = cpu::product(shape, 2);
  for (int64_t k = 0; k < shape[0]; ++k)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t t = 0; t < taps; ++t)
        to[(k * taps + t) * channels + c] = from[(k * channels + c) * taps + t];
}

ir::ConstantPtr pack_weights(const ir::ConstantPtr& source) {
  auto packed = std::make_shared<ir::Constant>();
  packed->dtype = source->dtype;
  packed->shape = source->shape;
  packed->bytes = source->bytes;
  packed->format = kPackedFormat;
  packed->name = source->name;
  packed->fill = [source](void* out) {
    const auto data = source->materialise();
    if (source->dtype == DataType::kFLOAT) {
      to_channels_last(static_cast<const float*>(data.get()), static_cast<float*>(out),
                       source->shape);
    } else {
      to_channels_last(static_cast<const uint16_t*>(data.get()), static_cast<uint16_t*>(out),
                       source->shape);
    }
  };
  return packed;
}

// ---- the candidate

std::shared_ptr<void> zeros_on_device(size_t bytes) {
  DeviceRuntime& runtime = device_runtime(Device::kCUDA);
  std::shared_ptr<void> data = runtime.allocate(bytes);
  runtime.upload(data.get(), std::vector<char>(bytes).data(), bytes);
  return data;
}

class ConvolutionKernel final : public Kernel {
 public:
  explicit ConvolutionKernel(const Problem& p)
      : adds_bias_(adds_bias(p)), has_residual_(cpu::has_input(p, 3)) {
    const TensorDesc& w = p.in[1];
    TENON_CHECK(w.format == kPackedFormat && w.constant_bytes >= w.bytes(),
                "the weights are not packed for cuDNN");
    if (p.out[0].elements() == 0) return;
    HandleLease handle;
    plan_ = plan_convolution(p, {handle.get(), nullptr});
    scratch_bytes = plan_->workspace_bytes();
    if (adds_bias_ && !cpu::has_input(p, 2))
      zero_bias_ =
          zeros_on_device(static_cast<size_t>(p.out[0].shape[1]) * size_of(p.out[0].dtype));
  }

  bool fixed_pointers() const override { return true; }

  void run(const Call& call) const override {
    if (!plan_) return;
    std::vector<BoundTensor> tensors = {
        {kInput, call.in[0]}, {kKernel, call.in[1]}, {kOutput, call.out[0]}};
    if (adds_bias_) tensors.push_back({kBias, zero_bias_ ? zero_bias_.get() : call.in[2]});
    if (has_residual_) tensors.push_back({kResidual, call.in[3]});
    HandleLease handle;
    handle.set_stream(call.stream);
    plan_->execute(handle.get(), tensors, call.scratch);
  }

 private:
  const bool adds_bias_, has_residual_;
  std::unique_ptr<Plan> plan_;  // null: the output is empty
  std::shared_ptr<void> zero_bias_;
};

class CudnnConvolution final : public KernelImpl {
 public:
  CudnnConvolution() : KernelImpl("convolution", "cudnn.convolution", 60, Device::kCUDA) {}

  Support supports(const Problem& p) const override { return convolution_supported(p); }

  std::vector<std::string> tactics(const Problem& p) const override {
    if (p.out[0].elements() == 0) return {""};
    HandleLease handle;
    std::string why;
    std::vector<std::string> found = convolution_tactics(p, {handle.get(), nullptr}, &why);
    if (found.empty())
      log(LogLevel::kInfo, "cuDNN has no engine for ", ir::describe(*p.layer), ": ", why);
    return found;
  }

  Packed pack(const Problem& p, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (p.in[1].format.empty() && in[1]) packed[1] = pack_weights(in[1]);
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<ConvolutionKernel>(p);
  }
};

const RegisterKernel<CudnnConvolution> registered;

}  // namespace
}  // namespace tenon::kernels::cudnn
