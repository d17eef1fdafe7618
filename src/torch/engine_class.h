// SPDX-License-Identifier: Apache-2.0
// torch.classes.tensorrt.Engine: an engine inside PyTorch's own containers. Its whole state is one
// uint8 tensor that views the plan; the engine reads weights from that tensor's storage and keeps
// it alive. Immutable but for profiling, so equal content means equal objects. Thread safe: each
// call takes a context of its own.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/custom_class.h>

#include <atomic>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "tenon/runtime.h"
#include "torch/context_pool.h"
#include "torch/profile.h"

namespace tenon::torch_bridge {

using Names = std::vector<std::string>;
using Sizes = std::vector<std::vector<int64_t>>;
using Tensors = std::vector<at::Tensor>;
using Flattened = std::tuple<std::tuple<std::string, std::string>, std::tuple<std::string, Names>,
                             std::tuple<std::string, Names>>;

/// Fake and functional tensors, those inside vmap: their own memory is not the values' memory.
bool stands_for_another(const at::Tensor& tensor);

class EngineClass : public torch::CustomClassHolder {
 public:
  /// `plan`: one-dimensional, contiguous uint8 on the CPU. Copied only if it is not 64-byte
  /// aligned.
  explicit EngineClass(at::Tensor plan);

  /// Runs on dense tensors. Throws Error naming input, value seen and value wanted.
  Tensors run(at::ArrayRef<at::Tensor> inputs);
  /// As run(); tensors that stand for others (fake, functional) go through the dispatcher's op.
  Tensors execute(Tensors inputs);

  Names input_names() const;
  Names output_names() const;
  Names input_dtypes() const;
  Names output_dtypes() const;
  std::vector<Names> input_exprs() const;
  std::vector<Names> output_exprs() const;
  /// [input][dimension][min, opt, max]
  std::vector<Sizes> input_ranges() const;
  Sizes infer_shapes(Sizes inputs) const { return engine_->infer_shapes(inputs); }
  std::string layer_info() const { return engine_->layer_info(); }
  std::string content_hash() const { return engine_->content_hash(); }
  std::string device() const { return engine_->device(); }
  at::Tensor plan() const { return plan_; }

  void enable_profiling(const std::string& folder, const std::string& name);
  void disable_profiling();

  bool equals(const c10::intrusive_ptr<EngineClass>& other) const;
  Flattened flatten() const;

 private:
  struct Binding {
    std::string name;
    at::ScalarType dtype;
    int64_t rank;
  };
  void check_input(const Binding& binding, const at::Tensor& tensor) const;

  at::Tensor plan_;
  std::shared_ptr<Engine> engine_;
  std::vector<Binding> inputs_, outputs_;
  c10::Device device_;  // on CUDA: the one that was current when the engine was loaded
  ContextPool contexts_;
  std::atomic<std::shared_ptr<Profile>> profile_;  // null: profiling is off
};

}  // namespace tenon::torch_bridge
