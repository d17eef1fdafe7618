// SPDX-License-Identifier: Apache-2.0
// The hot path: check, take a context, allocate the outputs, run. Microseconds count here.
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/Allocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/SmallVector.h>

#include <algorithm>

#include "base/error.h"
#include "torch/dtype.h"
#include "torch/engine_class.h"

namespace tenon::torch_bridge {
namespace {

constexpr c10::DispatchKeySet kLazyKeys({c10::DispatchKey::Conjugate, c10::DispatchKey::Negative,
                                         c10::DispatchKey::ZeroTensor});

// Keys of tensors that stand for others: fake and traced ones, those inside vmap and grad.
constexpr c10::DispatchKeySet kWrapperKeys({c10::DispatchKey::Python,
                                            c10::DispatchKey::Functionalize,
                                            c10::DispatchKey::FuncTorchBatched,
                                            c10::DispatchKey::FuncTorchGradWrapper});

using Op = Tensors(at::TensorList, const c10::intrusive_ptr<EngineClass>&);

/// Row-major memory of `tensor`; what had to be made for it is kept in `made`.
const at::Tensor& dense(const at::Tensor& tensor, c10::SmallVector<at::Tensor, 4>& made) {
  const bool lazy = tensor.key_set().has_any(kLazyKeys);
  if (!lazy && tensor.is_contiguous()) return tensor;
  made.push_back((lazy ? tensor.clone() : tensor).contiguous());
  return made.back();
}

/// Where a call runs: the device of its inputs, and the stream the caller has made current there.
struct Place {
  c10::Device device{c10::DeviceType::CPU};
  void* stream = nullptr;
};

Place place_on(c10::Device device) {
  const c10::impl::VirtualGuardImpl guard(device.type());
  TENON_CHECK(device == guard.getDevice(), "the inputs are on ", device.str(),
              ", but the current device is ", guard.getDevice().str());
  return {device, guard.getStream(device).native_handle()};
}

/// As at::empty, without its way through the dispatcher. On CUDA memory comes from torch's caching
/// allocator for the current device and stream, which place_on has made sure of.
at::Tensor empty(at::IntArrayRef sizes, at::ScalarType dtype, const Place& where) {
  if (where.device.is_cpu()) return at::Tensor(at::detail::empty_cpu(sizes, dtype));
  constexpr c10::DispatchKeySet kKeys(c10::DispatchKey::CUDA);
  c10::Allocator* const allocator = c10::GetAllocator(where.device.type());
  return at::Tensor(at::detail::empty_generic(sizes, allocator, kKeys, dtype, std::nullopt));
}

}  // namespace

bool stands_for_another(const at::Tensor& tensor) {
  return tensor.defined() && tensor.key_set().has_any(kWrapperKeys);
}

void EngineClass::check_input(const Binding& binding, const at::Tensor& tensor) const {
  TENON_CHECK(tensor.defined(), "input '", binding.name, "' is undefined");
  TENON_CHECK(tensor.device() == device_, "input '", binding.name, "' is on ",
              tensor.device().str(), ", wanted ", device_.str());
  TENON_CHECK(tensor.layout() == at::kStrided, "input '", binding.name,
              "' is not a dense (strided) tensor");
  TENON_CHECK(tensor.scalar_type() == binding.dtype, "input '", binding.name, "' is ",
              torch_name(tensor.scalar_type()), ", wanted ", torch_name(binding.dtype));
  TENON_CHECK(tensor.dim() == binding.rank, "input '", binding.name, "' has ", tensor.dim(),
              " dimensions, wanted ", binding.rank);
  TENON_CHECK(!tensor.unsafeGetTensorImpl()->has_named_tensor_meta(), "input '", binding.name,
              "' has named dimensions, wanted none: see torch.Tensor.rename");
}

Tensors EngineClass::run(at::ArrayRef<at::Tensor> inputs) {
  const size_t count = inputs_.size();
  TENON_CHECK(inputs.size() == count, "the engine was given ", inputs.size(), " inputs, wanted ",
              count);
  c10::SmallVector<const int64_t*, 8> shapes;
  c10::SmallVector<const void*, 8> sources;
  c10::SmallVector<at::Tensor, 4> made;
  made.reserve(count);  // references into it must stay valid
  for (size_t i = 0; i < count; ++i) {
    const at::Tensor& given = inputs[i];
    check_input(inputs_[i], given);
    shapes.push_back(given.sizes().data());
    sources.push_back(dense(given, made).const_data_ptr());
  }

  Place where;
  if (!device_.is_cpu()) where = place_on(device_);
  ContextPool::Lease context(contexts_);
  context->set_input_shapes(shapes.data());
  const Sizes& sizes = context->output_shapes();
  Tensors outputs;
  outputs.reserve(outputs_.size());
  c10::SmallVector<void*, 8> results;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    at::Tensor output = empty(sizes[i], outputs_[i].dtype, where);
    results.push_back(output.mutable_data_ptr());
    outputs.push_back(std::move(output));
  }

  const auto profile = profile_.load();
  context->set_profiling(profile != nullptr);
  context->enqueue(sources.data(), results.data(), where.stream);
  if (profile) profile->add(context->last_profile());
  return outputs;
}

Tensors EngineClass::execute(Tensors inputs) {
  if (std::any_of(inputs.begin(), inputs.end(), stands_for_another)) {
    static const auto op =
        c10::Dispatcher::singleton().findSchemaOrThrow("tensorrt::execute_engine", "").typed<Op>();
    return op.call(inputs, c10::intrusive_ptr<EngineClass>::reclaim_copy(this));
  }
  return run(inputs);
}

}  // namespace tenon::torch_bridge
