// SPDX-License-Identifier: Apache-2.0
#include "torch/engine_class.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include "base/error.h"
#include "torch/dtype.h"

namespace tenon::torch_bridge {
namespace {

constexpr size_t kPlanAlignment = 64;

at::Tensor checked_plan(at::Tensor plan) {
  TENON_CHECK(plan.defined() && plan.device().is_cpu() && plan.scalar_type() == at::kByte &&
                  plan.dim() == 1 && plan.is_contiguous(),
              "a plan is a one-dimensional, contiguous uint8 tensor on the cpu");
  const auto address = reinterpret_cast<uintptr_t>(plan.const_data_ptr());
  return address % kPlanAlignment ? plan.clone() : plan.detach();
}

std::shared_ptr<Engine> load(const at::Tensor& plan) {
  PlanBytes bytes;
  bytes.data = std::shared_ptr<const void>(plan.const_data_ptr(), [plan](const void*) {});
  bytes.size = static_cast<size_t>(plan.numel());
  return Engine::load(std::move(bytes));
}

/// The engine's weights are on the GPU that is current when it is loaded.
c10::Device device_of(const Engine& engine) {
  if (engine.device() == "cpu") return c10::Device(c10::DeviceType::CPU);
  return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).getDevice();
}

Names names_of(const std::vector<BindingInfo>& bindings) {
  Names names;
  for (const BindingInfo& b : bindings) names.push_back(b.name);
  return names;
}

Names dtypes_of(const std::vector<BindingInfo>& bindings) {
  Names names;
  for (const BindingInfo& b : bindings) names.emplace_back(torch_name(scalar_type(b.dtype)));
  return names;
}

std::vector<Names> exprs_of(const std::vector<BindingInfo>& bindings) {
  std::vector<Names> exprs;
  for (const BindingInfo& b : bindings) exprs.push_back(b.expr);
  return exprs;
}

}  // namespace

EngineClass::EngineClass(at::Tensor plan)
    : plan_(checked_plan(std::move(plan))),
      engine_(load(plan_)),
      device_(device_of(*engine_)),
      contexts_(engine_) {
  const auto describe = [](const std::vector<BindingInfo>& from, std::vector<Binding>& to) {
    for (const BindingInfo& b : from) {
      to.push_back({b.name, scalar_type(b.dtype), static_cast<int64_t>(b.shape.size())});
    }
  };
  describe(engine_->inputs(), inputs_);
  describe(engine_->outputs(), outputs_);
}

Names EngineClass::input_names() const { return names_of(engine_->inputs()); }
Names EngineClass::output_names() const { return names_of(engine_->outputs()); }
Names EngineClass::input_dtypes() const { return dtypes_of(engine_->inputs()); }
Names EngineClass::output_dtypes() const { return dtypes_of(engine_->outputs()); }
std::vector<Names> EngineClass::input_exprs() const { return exprs_of(engine_->inputs()); }
std::vector<Names> EngineClass::output_exprs() const { return exprs_of(engine_->outputs()); }

std::vector<Sizes> EngineClass::input_ranges() const {
  std::vector<Sizes> ranges;
  for (const BindingInfo& b : engine_->inputs()) {
    Sizes& dims = ranges.emplace_back();
    for (const SizeRange& r : b.shape) dims.push_back({r.min, r.opt, r.max});
  }
  return ranges;
}

void EngineClass::enable_profiling(const std::string& folder, const std::string& name) {
  profile_.store(std::make_shared<Profile>(folder, name, engine_->layer_info()));
}

void EngineClass::disable_profiling() { profile_.store(nullptr); }

bool EngineClass::equals(const c10::intrusive_ptr<EngineClass>& other) const {
  return this == other.get() || content_hash() == other->content_hash();
}

Flattened EngineClass::flatten() const {
  return {{"content_hash", content_hash()},
          {"input_names", input_names()},
          {"output_names", output_names()}};
}

}  // namespace tenon::torch_bridge
