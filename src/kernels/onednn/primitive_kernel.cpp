// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/primitive_kernel.h"

#include <omp.h>

#include <new>

namespace tenon::kernels::onednn {

namespace {
constexpr size_t kAlignment = 64;

std::shared_ptr<void> aligned_buffer(size_t bytes) {
  return {::operator new(std::max<size_t>(bytes, 1), std::align_val_t{kAlignment}),
          [](void* p) { ::operator delete(p, std::align_val_t{kAlignment}); }};
}

/// Holds the calling thread's team at `limit` threads while in scope.
class TeamLimit {
 public:
  explicit TeamLimit(int limit) : before_(omp_get_max_threads()), changed_(before_ > limit) {
    if (changed_) omp_set_num_threads(limit);
  }
  ~TeamLimit() {
    if (changed_) omp_set_num_threads(before_);
  }
  TeamLimit(const TeamLimit&) = delete;
  TeamLimit& operator=(const TeamLimit&) = delete;

 private:
  int before_;
  bool changed_;
};
}  // namespace

// ---- running

struct PrimitiveKernel::Prepared {
  explicit Prepared(const std::vector<Step>& steps) : stream(cpu_engine()) {
    for (const Step& step : steps) {
      auto& args = arguments.emplace_back();
      for (const Argument& a : step.arguments) {
        memories.emplace_back(dnnl::memory(a.desc, cpu_engine(), DNNL_MEMORY_NONE));
        args.push_back({a.arg, memories.back().get()});
      }
    }
  }
  dnnl::stream stream;
  std::vector<dnnl::memory> memories;                   // own what `arguments` point to
  std::vector<std::vector<dnnl_exec_arg_t>> arguments;  // parallel to steps_
};

PrimitiveKernel::PrimitiveKernel(std::vector<Step> steps,
                                 std::vector<std::shared_ptr<const void>> owned, size_t scratch,
                                 const Epilogue& epilogue)
    : steps_(std::move(steps)),
      owned_(std::move(owned)),
      epilogue_(epilogue),
      threads_(omp_get_max_threads()) {
  scratch_bytes = scratch;
  give_back(std::make_unique<Prepared>(steps_));
}

PrimitiveKernel::~PrimitiveKernel() {
  for (auto& slot : pool_) delete slot.load();
}

// A slot is emptied or filled by one atomic exchange, so there is no list to corrupt.
std::unique_ptr<PrimitiveKernel::Prepared> PrimitiveKernel::take() const {
  for (auto& slot : pool_) {
    if (!slot.load(std::memory_order_relaxed)) continue;
    if (Prepared* p = slot.exchange(nullptr, std::memory_order_acquire))
      return std::unique_ptr<Prepared>(p);
  }
  return std::make_unique<Prepared>(steps_);
}

void PrimitiveKernel::give_back(std::unique_ptr<Prepared> prepared) const {
  for (auto& slot : pool_) {
    Prepared* empty = nullptr;
    if (slot.compare_exchange_strong(empty, prepared.get(), std::memory_order_release)) {
      prepared.release();
      return;
    }
  }
}

void* PrimitiveKernel::address(const Source& from, const Call& call) const {
  const void* base = nullptr;
  switch (from.kind) {
    case Source::Kind::kInput:
      base = call.in[from.value];
      break;
    case Source::Kind::kOutput:
      base = call.out[from.value];
      break;
    case Source::Kind::kScratch:
      base = static_cast<char*>(call.scratch) + from.value;
      break;
    case Source::Kind::kOwned:
      base = owned_[from.value].get();
      break;
  }
  return const_cast<char*>(static_cast<const char*>(base)) + from.offset;
}

void PrimitiveKernel::execute(Prepared& prepared, const Call& call) const {
  for (size_t s = 0; s < steps_.size(); ++s) {
    const Step& step = steps_[s];
    const auto& args = prepared.arguments[s];
    for (size_t a = 0; a < args.size(); ++a)
      dnnl_memory_set_data_handle(args[a].memory, address(step.arguments[a].from, call));
    const dnnl_status_t status = dnnl_primitive_execute(step.primitive.get(), prepared.stream.get(),
                                                        static_cast<int>(args.size()), args.data());
    TENON_CHECK(status == dnnl_success, "oneDNN: running a primitive failed with status ",
                static_cast<int>(status));
  }
}

void PrimitiveKernel::run(const Call& call) const {
  TeamLimit limit(threads_);
  auto prepared = take();
  execute(*prepared, call);
  give_back(std::move(prepared));
  epilogue_.run(call.out[0]);
}

// ---- building

Source KernelBuilder::scratch(size_t bytes) {
  const size_t at = scratch_;
  scratch_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return {Source::Kind::kScratch, at};
}

Step KernelBuilder::reorder(const Desc& have, Source from, const Desc& want, Source to) {
  dnnl::reorder::primitive_desc pd(cpu_engine(), have, cpu_engine(), want);
  return {dnnl::reorder(pd), {{DNNL_ARG_FROM, have, from}, {DNNL_ARG_TO, want, to}}};
}

Source KernelBuilder::staged_input(size_t index, const Desc& have, const Desc& want) {
  const Source direct{Source::Kind::kInput, index};
  if (have == want) return direct;
  const TensorDesc& operand = problem_.in[index];
  if (operand.is_constant && operand.data) {
    auto buffer = aligned_buffer(want.get_size());
    reorder_once(have, operand.data, want, buffer.get());
    owned_.push_back(std::move(buffer));
    return {Source::Kind::kOwned, owned_.size() - 1};
  }
  const Source staged = scratch(want.get_size());
  before_.push_back(reorder(have, direct, want, staged));
  return staged;
}

Source KernelBuilder::staged_output(size_t index, const Desc& have, const Desc& want) {
  const Source direct{Source::Kind::kOutput, index};
  if (have == want) return direct;
  const Source staged = scratch(want.get_size());
  after_.push_back(reorder(want, staged, have, direct));
  return staged;
}

void KernelBuilder::input(int arg, size_t index, const Desc& have, const Desc& want) {
  argument(arg, want, staged_input(index, have, want));
}

void KernelBuilder::output(int arg, size_t index, const Desc& have, const Desc& want) {
  argument(arg, want, staged_output(index, have, want));
}

std::unique_ptr<Kernel> KernelBuilder::finish(const dnnl::primitive& primitive,
                                              const Desc& scratchpad) {
  if (const size_t bytes = scratchpad.get_size())
    argument(DNNL_ARG_SCRATCHPAD, scratchpad, scratch(bytes));
  std::vector<Step> steps = std::move(before_);
  steps.push_back({primitive, std::move(arguments_)});
  for (Step& step : after_) steps.push_back(std::move(step));
  return std::make_unique<PrimitiveKernel>(std::move(steps), std::move(owned_), scratch_,
                                           Epilogue(problem_));
}

void reorder_once(const Desc& have, const void* from, const Desc& want, void* to) {
  dnnl::stream stream(cpu_engine());
  dnnl::memory source(have, cpu_engine(), const_cast<void*>(from));
  dnnl::memory target(want, cpu_engine(), to);
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
}

}  // namespace tenon::kernels::onednn
