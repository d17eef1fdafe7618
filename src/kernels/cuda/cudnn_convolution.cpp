// SPDX-License-Identifier: Apache-2.0
// relu(conv(x, w) + residual + bias) as a graph of cuDNN, channels last. Precompiled engines match
// exactly this order of operations, with the bias in the type of the tensors and f32 between the
// operations.
#include "kernels/cuda/cudnn_convolution.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "kernels/cpu/nd.h"

namespace tenon::kernels::cudnn {
namespace {

using cpu::Ints;

constexpr size_t kMaxWorkspaceBytes = 256u << 20;
constexpr size_t kMaxTactics = 32, kMaxCompiledTactics = 2;
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
  Ints list = attr_ints(p, name);
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
  const bool residual = has_input(p, 3), bias = adds_bias(p);
  const bool relu = !attr_str(p, "activation", "").empty();
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

/// What a layer allows an engine to do.
struct Policy {
  bool tensor_cores = true;
  bool short_sums = false;  // few enough products for sums in a lower precision
};

Policy policy_of(const Problem& p) {
  // Sums of a first layer: eight channels at most. Its best engine for half (209 us, the next 418,
  // for ResNet-18's at batch 128 on an H200) adds them in a lower precision; the model's error grew
  // from 1.06 to 1.18 times eager's with it and the folding of batch norm in half together.
  constexpr int64_t kFewChannels = 8;
  return {p.out[0].dtype != DataType::kFLOAT || !p.target || p.target->tf32,
          p.out[0].dtype != DataType::kFLOAT && p.in[0].shape[1] <= kFewChannels};
}

/// Results must repeat bit for bit and be as exact as f32 sums of products are (of TF32 products,
/// where the layer's f32 allows that).
bool wanted(const EngineConfig& config, const Policy& policy) {
  if (config.has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION) && !policy.short_sums)
    return false;
  for (auto note : {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS,
                    CUDNN_NUMERICAL_NOTE_FFT, CUDNN_NUMERICAL_NOTE_WINOGRAD,
                    CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4, CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6,
                    CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13})
    if (config.has(note)) return false;
  return policy.tensor_cores || !config.has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
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

std::vector<Planned> best_plans(const Graph& graph, const Policy& policy, size_t limit,
                                std::string* why) {
  std::vector<Planned> plans;
  for (const bool compiled : {false, true}) {
    const size_t room = compiled ? std::min(limit, kMaxCompiledTactics) : limit;
    for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
      for (const EngineConfig& config : propose(graph, mode, why)) {
        if (plans.size() == room) break;
        if (config.has(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION) != compiled) continue;
        if (!wanted(config, policy)) continue;
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
  return has_input(p, 2) || has_input(p, 3) || !attr_str(p, "activation", "").empty();
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
  const std::string activation = attr_str(p, "activation", "");
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
  for (Planned& planned : best_plans(graph, policy_of(p), kMaxTactics, why))
    tactics.push_back(std::move(planned.tactic));
  return tactics;
}

std::unique_ptr<Plan> plan_convolution(const Problem& p, const PlanDevice& device) {
  Graph graph;
  build(graph, p, device);
  std::string why;
  if (!p.tactic.empty())
    if (auto plan = plan_of_tactic(graph, p.tactic, &why)) return plan;
  std::vector<Planned> plans = best_plans(graph, policy_of(p), 1, &why);
  TENON_CHECK(!plans.empty(), "cuDNN has no engine for this convolution: ", why);
  return std::move(plans[0].plan);
}

}  // namespace tenon::kernels::cudnn
