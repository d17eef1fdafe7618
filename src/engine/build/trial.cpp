// SPDX-License-Identifier: Apache-2.0
#include "engine/build/trial.h"

#include <chrono>
#include <cstring>
#include <random>

#include "base/buffer.h"
#include "kernels/device.h"

namespace tenon::engine {
namespace {

using kernels::Problem;
using kernels::TensorDesc;

/// Plausible values: floats in [-1, 1), small non-negative integers (valid as indices).
void fill_synthetic(void* out, const TensorDesc& desc) {
  size_t bytes = desc.bytes();
  std::memset(out, 0, bytes);
  if (desc.dtype == DataType::kHALF || desc.dtype == DataType::kBF16) {
    // Numbers in +-[0.5, 1): these exponents, any mantissa. Zeros would run too fast.
    const uint32_t base = desc.dtype == DataType::kHALF ? 0x3800 : 0x3f00;
    const uint32_t mantissa = desc.dtype == DataType::kHALF ? 0x3ff : 0x7f;
    std::minstd_rand random(1);
    uint16_t* p = static_cast<uint16_t*>(out);
    for (size_t i = 0; i < bytes / 2; ++i) {
      const uint32_t r = static_cast<uint32_t>(random()) >> 8;
      p[i] = static_cast<uint16_t>(base | (r & mantissa) | ((r & 0x4000) << 1));
    }
  }
  if (desc.dtype == DataType::kFLOAT) {
    std::minstd_rand random(1);
    float* p = static_cast<float*>(out);
    for (size_t i = 0; i < bytes / 4; ++i)
      p[i] = static_cast<float>(random() % 2048) / 1024.f - 1.f;
  }
  if (desc.dtype == DataType::kBOOL) std::memset(out, 1, bytes);
}

std::shared_ptr<void> synthetic(const TensorDesc& desc) {
  std::shared_ptr<void> data = make_buffer(desc.bytes());
  fill_synthetic(data.get(), desc);
  return data;
}

ir::ConstantPtr synthetic_constant(const TensorDesc& desc) {
  auto c = std::make_shared<ir::Constant>();
  c->dtype = desc.dtype;
  c->shape = desc.shape;
  c->bytes = desc.bytes();
  c->data = synthetic(desc);
  return c;
}

/// Memory where the problem runs.
std::shared_ptr<void> allocate(const Problem& problem, size_t bytes) {
  return problem.target ? kernels::device_runtime(problem.device()).allocate(bytes)
                        : make_buffer(bytes);
}

std::shared_ptr<void> device_copy(const Problem& problem, const void* data, size_t bytes) {
  std::shared_ptr<void> copy = allocate(problem, bytes);
  kernels::device_runtime(problem.device()).upload(copy.get(), data, bytes);
  return copy;
}

}  // namespace

Operands::Operands(const Problem& problem) : problem_(problem) {
  for (const TensorDesc& d : problem.in) {
    const bool constant = d.present && d.is_constant;
    constants_.push_back(constant ? synthetic_constant(d) : nullptr);
    inputs_.push_back(d.present && !constant ? synthetic(d) : nullptr);
    if (problem.target && inputs_.back())
      inputs_.back() = device_copy(problem, inputs_.back().get(), d.bytes());
  }
  for (const TensorDesc& d : problem.out) outputs_.push_back(allocate(problem, d.bytes()));
}

std::shared_ptr<const void> Operands::input(size_t i) {
  const ir::ConstantPtr& c = constants_[i];
  if (!inputs_[i] && c)
    inputs_[i] = problem_.target ? device_copy(problem_, c->data.get(), c->bytes) : c->data;
  return inputs_[i];
}

size_t Operands::constant_bytes() const {
  size_t bytes = 0;
  for (const ir::ConstantPtr& c : constants_) bytes += c ? c->bytes : 0;
  return bytes;
}

void Operands::release_constants() {
  for (ir::ConstantPtr& c : constants_) c = nullptr;
}

Trial::Trial(const Problem& problem, const Candidate& candidate, const kernels::Packed& forms,
             Operands& operands) {
  Problem packed = problem;
  packed.tactic = candidate.tactic;
  for (size_t i = 0; i < problem.in.size(); ++i) {
    if (i < forms.size() && forms[i]) {
      in_.push_back(packed_input(problem, *forms[i], packed.in[i]));
    } else {
      kept_.push_back(operands.input(i));
      in_.push_back(kept_.back().get());
    }
  }
  for (const auto& out : operands.outputs()) out_.push_back(out.get());
  kernel_ = candidate.impl->prepare(packed);
  scratch_ = allocate(problem, kernel_->scratch_bytes);
}

const void* Trial::packed_input(const Problem& problem, const ir::Constant& form,
                                TensorDesc& desc) {
  kept_.push_back(form.materialise());
  desc.format = form.format;
  desc.constant_bytes = form.bytes;
  desc.data = kept_.back().get();
  if (problem.target) kept_.push_back(device_copy(problem, desc.data, form.bytes));
  return kept_.back().get();
}

double Trial::run_us() const {
  const auto start = std::chrono::steady_clock::now();
  kernel_->run(call());
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
      .count();
}

}  // namespace tenon::engine
