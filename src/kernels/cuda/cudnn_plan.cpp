// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cudnn_plan.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/cuda_api.h"

namespace tenon::kernels::cudnn {

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
  check(cuda::cudnn().cudnnBackendExecute(handle, plan_.get(), pack.get()), "cudnnBackendExecute");
}

}  // namespace tenon::kernels::cudnn
