// SPDX-License-Identifier: Apache-2.0
#include "torch/converters/keep_outputs.h"

namespace tenon::torch_bridge {
namespace {
thread_local KeepOutputs* innermost = nullptr;
}  // namespace

KeepOutputs::KeepOutputs() : outer_(innermost) {
  innermost = this;
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(nullptr, &record)
                                           .needsOutputs(true)
                                           .scopes({at::RecordScope::FUNCTION}));
}

KeepOutputs::~KeepOutputs() {
  at::removeCallback(handle_);
  innermost = outer_;
}

void KeepOutputs::record(const at::RecordFunction& call, at::ObserverContext*) {
  if (!innermost) return;
  for (const c10::IValue& v : call.outputs()) innermost->kept_.push_back(v);
}

}  // namespace tenon::torch_bridge
