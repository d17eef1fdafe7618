// SPDX-License-Identifier: Apache-2.0
// Keeps the result of every torch op that this thread runs alive while it exists: converters take
// torch::flatten(...).sizes() of a temporary, a view that would otherwise point to freed memory.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>

#include <vector>

namespace tenon::torch_bridge {

class KeepOutputs {
 public:
  KeepOutputs();
  ~KeepOutputs();
  KeepOutputs(const KeepOutputs&) = delete;
  KeepOutputs& operator=(const KeepOutputs&) = delete;

 private:
  static void record(const at::RecordFunction& call, at::ObserverContext*);

  std::vector<c10::IValue> kept_;
  KeepOutputs* outer_;
  at::CallbackHandle handle_;
};

}  // namespace tenon::torch_bridge
