// SPDX-License-Identifier: Apache-2.0
#include "torch/script/script_device.h"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/jit/ir/constants.h>

#include <optional>

#include "base/error.h"

namespace tenon::torch_bridge {
namespace {

namespace jit = torch::jit;

/// 0-d tensors are numbers, which may be on the CPU whatever the model is on.
void visit_tensors(const c10::IValue& v, const std::function<void(const at::Tensor&)>& visit) {
  if (v.isTensor() && v.toTensor().defined() && v.toTensor().dim() > 0) visit(v.toTensor());
  if (v.isTensorList())
    for (const at::Tensor& t : v.toTensorVector()) visit(t);
}

void visit_constants(const jit::Block* block, const std::function<void(const at::Tensor&)>& visit) {
  for (const jit::Node* n : block->nodes()) {
    if (n->kind() == c10::prim::Constant) {
      const auto value = jit::toIValue(n->output());
      if (value) visit_tensors(*value, visit);
    }
    for (const jit::Block* b : n->blocks()) visit_constants(b, visit);
  }
}

}  // namespace

c10::Device script_device(const torchscript::Lowered& lowered, const std::string& wish) {
  std::optional<c10::Device> found;
  visit_constants(lowered.graph->block(), [&](const at::Tensor& t) {
    TENON_CHECK(!found || *found == t.device(),
                "the module's parameters are on several devices: ", found->str(), " and ",
                t.device().str());
    found = t.device();
  });
  c10::Device device = found.value_or(c10::Device(wish.empty() ? "cpu" : wish));
  const bool agree = wish.empty() || c10::Device(wish).type() == device.type();
  TENON_CHECK(agree, "device is ", wish, ", but the module's parameters are on ", device.str());
  TENON_CHECK(device.is_cpu() || device.is_cuda(), "the module is on ", device.str(),
              "; engines are built for cpu and cuda");
  if (device.is_cuda() && !device.has_index())
    device = c10::impl::VirtualGuardImpl(device.type()).getDevice();
  return device;
}

}  // namespace tenon::torch_bridge
