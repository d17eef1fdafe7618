// SPDX-License-Identifier: Apache-2.0
#include "engine/build/timer.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>

#include "base/error.h"

namespace tenon::engine {
namespace {

using kernels::KernelImpl;
using kernels::Problem;
using kernels::TensorDesc;

struct AlignedBytes {
  explicit AlignedBytes(size_t bytes)
      : data(::operator new(std::max<size_t>(bytes, 64), std::align_val_t{64}),
             [](void* p) { ::operator delete(p, std::align_val_t{64}); }) {}
  std::shared_ptr<void> data;
};

/// Plausible values: floats in [-1, 1), small non-negative integers (valid as indices).
void fill_synthetic(void* out, const TensorDesc& desc) {
  size_t bytes = desc.bytes();
  std::memset(out, 0, bytes);
  if (desc.dtype == DataType::kFLOAT) {
    std::minstd_rand random(1);
    float* p = static_cast<float*>(out);
    for (size_t i = 0; i < bytes / 4; ++i)
      p[i] = static_cast<float>(random() % 2048) / 1024.f - 1.f;
  }
  if (desc.dtype == DataType::kBOOL) std::memset(out, 1, bytes);
}

ir::ConstantPtr synthetic_constant(const TensorDesc& desc) {
  auto c = std::make_shared<ir::Constant>();
  c->dtype = desc.dtype;
  c->shape = desc.shape;
  c->bytes = desc.bytes();
  c->fill = [desc](void* out) { fill_synthetic(out, desc); };
  return c;
}

/// A candidate made ready to run on its own packed constants.
class Trial {
 public:
  Trial(const Problem& problem, const KernelImpl& impl,
        const std::vector<ir::ConstantPtr>& constants,
        const std::vector<std::shared_ptr<void>>& inputs,
        const std::vector<std::shared_ptr<void>>& outputs) {
    Problem packed = problem;
    kernels::Packed forms = impl.pack(problem, constants);
    for (size_t i = 0; i < problem.in.size(); ++i) {
      if (i < forms.size() && forms[i]) {
        packed_.push_back(forms[i]->materialise());
        packed.in[i].format = forms[i]->format;
        packed.in[i].constant_bytes = forms[i]->bytes;
        packed.in[i].data = packed_.back().get();
        in_.push_back(packed_.back().get());
      } else {
        in_.push_back(inputs[i].get());
      }
    }
    for (const auto& out : outputs) out_.push_back(out.get());
    kernel_ = impl.prepare(packed);
    scratch_ = AlignedBytes(kernel_->scratch_bytes).data;
  }

  double run() {
    auto start = std::chrono::steady_clock::now();
    kernel_->run({in_.data(), out_.data(), scratch_.get()});
    std::chrono::duration<double, std::micro> us = std::chrono::steady_clock::now() - start;
    times.push_back(us.count());
    return us.count();
  }
  double median() const {
    std::vector<double> sorted = times;
    std::nth_element(sorted.begin(),
                     sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
    return sorted[sorted.size() / 2];
  }
  std::vector<double> times;

 private:
  std::vector<std::shared_ptr<const void>> packed_;
  std::vector<const void*> in_;
  std::vector<void*> out_;
  std::unique_ptr<kernels::Kernel> kernel_;
  std::shared_ptr<void> scratch_;
};

}  // namespace

std::vector<double> time_candidates(const Problem& problem,
                                    const std::vector<const KernelImpl*>& impls,
                                    const Options& options) {
  std::vector<std::shared_ptr<void>> inputs, outputs;
  std::vector<ir::ConstantPtr> constants;
  for (const TensorDesc& d : problem.in) {
    inputs.push_back(d.present ? AlignedBytes(d.bytes()).data : nullptr);
    if (d.present) fill_synthetic(inputs.back().get(), d);
    constants.push_back(d.present && d.is_constant ? synthetic_constant(d) : nullptr);
  }
  for (const TensorDesc& d : problem.out) outputs.push_back(AlignedBytes(d.bytes()).data);

  std::vector<Trial> trials;
  for (const KernelImpl* impl : impls)
    trials.emplace_back(problem, *impl, constants, inputs, outputs);
  for (Trial& t : trials) t.run();  // warm-up: page faults, lazy set-up
  double best = 1e300;
  for (Trial& t : trials) {
    t.times.clear();
    best = std::min(best, t.run());
  }
  int rounds = (options.optimization_level >= 3 ? 5 : 2) *
               static_cast<int>(std::max<int64_t>(options.num_avg_timing_iters, 1));
  if (best > 20000) rounds = std::min(rounds, 2);  // long kernels are stable and expensive
  for (int r = 0; r < rounds; ++r)
    for (Trial& t : trials)
      if (t.times.front() <= 2 * best) t.run();
  std::vector<double> result;
  for (const Trial& t : trials) result.push_back(t.median());
  return result;
}

}  // namespace tenon::engine
