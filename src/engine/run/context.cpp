// SPDX-License-Identifier: Apache-2.0
// Context: the arena and the pointers of one caller. In steady state enqueue only fills in the
// caller's pointers and runs the kernels in order: here, or through the device's executor.
#include <omp.h>

#include <chrono>
#include <cstring>
#include <new>

#include "base/error.h"
#include "engine/run/engine_impl.h"

namespace tenon {
namespace {

/// Memory of the engine's device that only grows.
class Buffer {
 public:
  /// `runtime` is null for the CPU.
  void reserve(kernels::DeviceRuntime* runtime, size_t bytes) {
    if (bytes <= size_) return;
    data_ = nullptr;
    size_ = 0;
    data_ = runtime ? runtime->allocate(bytes) : host(bytes);
    size_ = bytes;
  }
  char* data() const { return static_cast<char*>(data_.get()); }

 private:
  static std::shared_ptr<void> host(size_t bytes) {
    constexpr std::align_val_t kAlign{64};
    void* p = ::operator new(bytes, kAlign, std::nothrow);
    TENON_CHECK(p, "no memory for ", bytes, " bytes of activations");
    return {p, [](void* q) { ::operator delete(q, kAlign); }};
  }
  std::shared_ptr<void> data_;
  size_t size_ = 0;
};

/// A binding that a kernel with fixed pointers uses goes through a buffer of the context.
struct Staged {
  size_t binding, bytes;
  void* buffer;
};

}  // namespace

struct Context::Impl {
  std::shared_ptr<const Engine> engine;
  std::shared_ptr<const engine::Program> program;
  std::vector<int64_t> flat;  // present input sizes
  int threads = 0;
  Buffer arena, scratch, staging;
  std::vector<void*> slots;
  std::vector<std::pair<uint32_t, size_t>> input_slots, output_slots;  // (slot, binding)
  std::vector<const void*> in;  // largest argument lists, reused by every step
  std::vector<void*> out;
  bool profiling = false;
  std::vector<LayerTime> profile;

  // Devices other than the CPU: every step keeps its argument lists.
  std::unique_ptr<kernels::Executor> executor;
  std::vector<kernels::BoundStep> bound;
  std::vector<std::vector<const void*>> bound_in;
  std::vector<std::vector<void*>> bound_out;
  std::vector<Staged> staged_in, staged_out;

  kernels::DeviceRuntime* runtime() const { return engine->impl().runtime; }
  void use(std::shared_ptr<const engine::Program> p);
  void run_step(const engine::PreparedStep& step);
  void stage(const engine::Program& p);
  void bind(const engine::Program& p);
  bool fill_bound();
  void enqueue_on_device(const void* const* inputs, void* const* outputs, void* stream);
};

void Context::Impl::use(std::shared_ptr<const engine::Program> p) {
  using Where = engine::Slot::Where;
  if (executor) executor->reset();
  arena.reserve(runtime(), p->arena_bytes);
  scratch.reserve(runtime(), p->scratch_bytes);
  slots.assign(p->slots.size(), nullptr);
  input_slots.clear();
  output_slots.clear();
  for (uint32_t i = 0; i < p->slots.size(); ++i) {
    const engine::Slot& s = p->slots[i];
    if (s.where == Where::kArena) slots[i] = arena.data() + s.index;
    if (s.where == Where::kConstant) slots[i] = const_cast<void*>(s.data);
    if (s.where == Where::kInput) input_slots.emplace_back(i, s.index);
    if (s.where == Where::kOutput) output_slots.emplace_back(i, s.index);
  }
  size_t most_in = 0, most_out = 0;
  for (const auto& step : p->steps) {
    most_in = std::max(most_in, step.in.size());
    most_out = std::max(most_out, step.out.size());
  }
  in.resize(most_in);
  out.resize(most_out);
  if (runtime()) {
    if (!executor) executor = runtime()->make_executor();
    stage(*p);
    bind(*p);
  }
  program = std::move(p);
}

/// Finds the bindings that fixed-pointer kernels use and gives each a buffer.
void Context::Impl::stage(const engine::Program& p) {
  std::vector<bool> fixed(p.slots.size());
  for (const auto& step : p.steps) {
    if (!step.kernel->fixed_pointers()) continue;
    for (uint32_t slot : step.in)
      if (slot != UINT32_MAX) fixed[slot] = true;
    for (uint32_t slot : step.out) fixed[slot] = true;
  }
  staged_in.clear();
  staged_out.clear();
  const auto take = [&](auto& from, std::vector<Staged>& to, const auto& sizes) {
    std::erase_if(from, [&](const auto& pair) {
      const auto [slot, binding] = pair;
      if (!fixed[slot]) return false;
      to.push_back({binding, sizes[binding], nullptr});
      slots[slot] = reinterpret_cast<void*>(to.size());  // the buffer's number until it is placed
      return true;
    });
  };
  take(input_slots, staged_in, p.input_bytes);
  take(output_slots, staged_out, p.output_bytes);
  size_t total = 0;
  const auto round_up = [](size_t bytes) { return (bytes + 255) / 256 * 256; };
  for (auto* list : {&staged_in, &staged_out})
    for (const Staged& s : *list) total += round_up(s.bytes);
  staging.reserve(runtime(), total);
  char* next = staging.data();
  for (auto* list : {&staged_in, &staged_out}) {
    for (Staged& s : *list) {
      s.buffer = next;
      next += round_up(s.bytes);
    }
  }
  for (uint32_t i = 0; i < p.slots.size(); ++i) {
    if (!fixed[i]) continue;
    const bool input = p.slots[i].where == engine::Slot::Where::kInput;
    if (!input && p.slots[i].where != engine::Slot::Where::kOutput) continue;
    slots[i] = (input ? staged_in : staged_out)[reinterpret_cast<size_t>(slots[i]) - 1].buffer;
  }
}

void Context::Impl::bind(const engine::Program& p) {
  std::vector<bool> callers(p.slots.size());
  for (auto [slot, binding] : input_slots) callers[slot] = true;
  for (auto [slot, binding] : output_slots) callers[slot] = true;
  bound.clear();
  bound_in.assign(p.steps.size(), {});
  bound_out.assign(p.steps.size(), {});
  for (size_t i = 0; i < p.steps.size(); ++i) {
    const engine::PreparedStep& step = p.steps[i];
    bool touches = false;
    for (uint32_t slot : step.in) {
      bound_in[i].push_back(slot == UINT32_MAX ? nullptr : slots[slot]);
      touches |= slot != UINT32_MAX && callers[slot];
    }
    for (uint32_t slot : step.out) {
      bound_out[i].push_back(slots[slot]);
      touches |= callers[slot];
    }
    bound.push_back(
        {step.kernel.get(), {bound_in[i].data(), bound_out[i].data(), scratch.data()}, touches});
  }
}

/// Writes the caller's pointers into the steps that use them. Returns whether one is new.
bool Context::Impl::fill_bound() {
  bool moved = false;
  for (size_t i = 0; i < bound.size(); ++i) {
    if (!bound[i].touches_caller) continue;
    const engine::PreparedStep& step = program->steps[i];
    for (size_t k = 0; k < step.in.size(); ++k) {
      if (step.in[k] == UINT32_MAX) continue;
      moved |= bound_in[i][k] != slots[step.in[k]];
      bound_in[i][k] = slots[step.in[k]];
    }
    for (size_t k = 0; k < step.out.size(); ++k) {
      moved |= bound_out[i][k] != slots[step.out[k]];
      bound_out[i][k] = slots[step.out[k]];
    }
  }
  return moved;
}

void Context::Impl::enqueue_on_device(const void* const* inputs, void* const* outputs,
                                      void* stream) {
  const bool moved = fill_bound();
  for (const Staged& s : staged_in) executor->copy(s.buffer, inputs[s.binding], s.bytes, stream);
  if (profiling) {
    const std::vector<double> times = executor->profile(bound, stream);
    profile.clear();
    double start = 0;
    for (size_t i = 0; i < times.size(); ++i) {
      profile.push_back({program->steps[i].step->node->output()->name, start, times[i]});
      start += times[i];
    }
  } else {
    executor->run(bound, moved, stream);
  }
  for (const Staged& s : staged_out) executor->copy(outputs[s.binding], s.buffer, s.bytes, stream);
}

inline void Context::Impl::run_step(const engine::PreparedStep& step) {
  for (size_t i = 0; i < step.in.size(); ++i)
    in[i] = step.in[i] == UINT32_MAX ? nullptr : slots[step.in[i]];
  for (size_t i = 0; i < step.out.size(); ++i) out[i] = slots[step.out[i]];
  step.kernel->run({in.data(), out.data(), scratch.data()});
}

Context::Context(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Context::~Context() = default;

std::unique_ptr<Context> Engine::create_context() {
  auto impl = std::make_unique<Context::Impl>();
  impl->engine = shared_from_this();
  impl->flat.assign(impl_->flat_size, -1);
  return std::unique_ptr<Context>(new Context(std::move(impl)));
}

void Context::set_input_shapes(const int64_t* const* shapes) {
  Impl& c = *impl_;
  const auto& inputs = c.engine->inputs();
  int threads = omp_get_max_threads();
  bool same = c.program != nullptr && threads == c.threads;
  size_t k = 0;
  for (size_t i = 0; i < inputs.size() && same; ++i) {
    size_t rank = inputs[i].shape.size();
    same = rank == 0 || std::memcmp(c.flat.data() + k, shapes[i], rank * sizeof(int64_t)) == 0;
    k += rank;
  }
  if (same) return;
  std::vector<int64_t> flat;
  for (size_t i = 0; i < inputs.size(); ++i)
    flat.insert(flat.end(), shapes[i], shapes[i] + inputs[i].shape.size());
  auto program = c.engine->impl().program(flat, threads);
  c.program = nullptr;  // should memory run out below, the old pointers are gone too
  c.use(std::move(program));
  c.flat = std::move(flat);
  c.threads = threads;
}

const std::vector<std::vector<int64_t>>& Context::output_shapes() const {
  TENON_CHECK(impl_->program, "set_input_shapes must be called before output_shapes");
  return impl_->program->output_shapes;
}

void Context::enqueue(const void* const* inputs, void* const* outputs, void* stream) {
  Impl& c = *impl_;
  TENON_CHECK(c.program, "set_input_shapes must be called before enqueue");
  for (auto [slot, i] : c.input_slots) c.slots[slot] = const_cast<void*>(inputs[i]);
  for (auto [slot, i] : c.output_slots) c.slots[slot] = outputs[i];
  if (c.executor) {
    c.enqueue_on_device(inputs, outputs, stream);
    return;
  }
  if (!c.profiling) {
    for (const auto& step : c.program->steps) c.run_step(step);
    return;
  }
  using Clock = std::chrono::steady_clock;
  auto us = [](Clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); };
  c.profile.clear();
  for (const auto& step : c.program->steps) {
    auto start = Clock::now();
    c.run_step(step);
    auto end = Clock::now();
    c.profile.push_back(
        {step.step->node->output()->name, us(start.time_since_epoch()), us(end - start)});
  }
}

void Context::set_profiling(bool on) { impl_->profiling = on; }
const std::vector<LayerTime>& Context::last_profile() const { return impl_->profile; }

}  // namespace tenon
