// SPDX-License-Identifier: Apache-2.0
#include "engine/build/timer.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>

#include "base/error.h"
#include "kernels/device.h"

namespace tenon::engine {
namespace {

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

ir::ConstantPtr synthetic_constant(const TensorDesc& desc) {
  auto c = std::make_shared<ir::Constant>();
  c->dtype = desc.dtype;
  c->shape = desc.shape;
  c->bytes = desc.bytes();
  c->fill = [desc](void* out) { fill_synthetic(out, desc); };
  return c;
}

std::shared_ptr<void> device_copy(const Problem& problem, const std::shared_ptr<const void>& data,
                                  size_t bytes) {
  kernels::DeviceRuntime& runtime = kernels::device_runtime(problem.device());
  std::shared_ptr<void> copy = runtime.allocate(bytes);
  if (data) runtime.upload(copy.get(), data.get(), bytes);
  return copy;
}

/// Operands of a problem, where the problem runs.
struct Operands {
  explicit Operands(const Problem& problem) {
    for (const TensorDesc& d : problem.in) {
      std::shared_ptr<void> data;
      if (d.present) {
        data = AlignedBytes(d.bytes()).data;
        fill_synthetic(data.get(), d);
      }
      constants.push_back(d.present && d.is_constant ? synthetic_constant(d) : nullptr);
      if (problem.target && data) data = device_copy(problem, data, d.bytes());
      inputs.push_back(std::move(data));
    }
    for (const TensorDesc& d : problem.out)
      outputs.push_back(problem.target ? device_copy(problem, nullptr, d.bytes())
                                       : AlignedBytes(d.bytes()).data);
  }
  std::vector<std::shared_ptr<void>> inputs, outputs;
  std::vector<ir::ConstantPtr> constants;
};

/// A candidate made ready to run on its own packed constants.
class Trial {
 public:
  Trial(const Problem& problem, const Candidate& candidate, const Operands& operands) {
    Problem packed = problem;
    packed.tactic = candidate.tactic;
    kernels::Packed forms = candidate.impl->pack(packed, operands.constants);
    for (size_t i = 0; i < problem.in.size(); ++i) {
      if (i < forms.size() && forms[i]) {
        std::shared_ptr<const void> form = forms[i]->materialise();
        packed.in[i].format = forms[i]->format;
        packed.in[i].constant_bytes = forms[i]->bytes;
        packed.in[i].data = form.get();
        packed_.push_back(form);
        if (problem.target) packed_.push_back(device_copy(problem, form, forms[i]->bytes));
        in_.push_back(packed_.back().get());
      } else {
        in_.push_back(operands.inputs[i].get());
      }
    }
    for (const auto& out : operands.outputs) out_.push_back(out.get());
    kernel_ = candidate.impl->prepare(packed);
    scratch_ = problem.target ? device_copy(problem, nullptr, kernel_->scratch_bytes)
                              : AlignedBytes(kernel_->scratch_bytes).data;
  }

  double run() {
    auto start = std::chrono::steady_clock::now();
    kernel_->run(call());
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
  kernels::Call call() const { return {in_.data(), out_.data(), scratch_.get()}; }
  const kernels::Kernel& kernel() const { return *kernel_; }
  std::vector<double> times;

 private:
  std::vector<std::shared_ptr<const void>> packed_;
  std::vector<const void*> in_;
  mutable std::vector<void*> out_;
  std::unique_ptr<kernels::Kernel> kernel_;
  std::shared_ptr<void> scratch_;
};

using Trials = std::vector<std::unique_ptr<Trial>>;

/// A trial for each candidate; those that throw get their failure noted and no trial.
Trials make_trials(const Problem& problem, const std::vector<Candidate>& candidates,
                   const Operands& operands, std::vector<Timing>& result) {
  Trials trials;
  for (size_t i = 0; i < candidates.size(); ++i) {
    trials.emplace_back();
    try {
      auto trial = std::make_unique<Trial>(problem, candidates[i], operands);
      if (!problem.target) trial->run();  // warm-up: page faults, lazy set-up
      trials.back() = std::move(trial);
    } catch (const Error& e) {
      result[i].failure = e.what();
    }
  }
  return trials;
}

int rounds_for(const Options& options) {
  return (options.optimization_level >= 3 ? 5 : 2) *
         static_cast<int>(std::max<int64_t>(options.num_avg_timing_iters, 1));
}

void time_here(const Trials& trials, const Options& options, std::vector<Timing>& result) {
  double best = 1e300;
  for (const auto& t : trials) {
    if (!t) continue;
    t->times.clear();
    best = std::min(best, t->run());
  }
  int rounds = rounds_for(options);
  if (best > 20000) rounds = std::min(rounds, 2);  // long kernels are stable and expensive
  for (int r = 0; r < rounds; ++r)
    for (const auto& t : trials)
      if (t && t->times.front() <= 2 * best) t->run();
  for (size_t i = 0; i < trials.size(); ++i)
    if (trials[i]) result[i].microseconds = trials[i]->median();
}

void time_on_device(const Problem& problem, const Trials& trials, const Options& options,
                    std::vector<Timing>& result) {
  kernels::DeviceRuntime& runtime = kernels::device_runtime(problem.device());
  for (size_t i = 0; i < trials.size(); ++i) {
    if (!trials[i]) continue;
    try {
      result[i].microseconds =
          runtime.time(trials[i]->kernel(), trials[i]->call(), rounds_for(options));
    } catch (const Error& e) {
      result[i].failure = e.what();
    }
  }
}

}  // namespace

std::vector<Timing> time_candidates(const Problem& problem,
                                    const std::vector<Candidate>& candidates,
                                    const Options& options) {
  const Operands operands(problem);
  std::vector<Timing> result(candidates.size());
  const Trials trials = make_trials(problem, candidates, operands, result);
  if (problem.target) {
    time_on_device(problem, trials, options, result);
  } else {
    time_here(trials, options, result);
  }
  return result;
}

}  // namespace tenon::engine
