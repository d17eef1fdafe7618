// SPDX-License-Identifier: Apache-2.0
// Context: the arena and the pointers of one caller. In steady state enqueue only fills in the
// caller's pointers and runs the kernels in order.
#include <omp.h>

#include <chrono>
#include <cstring>
#include <new>

#include "base/error.h"
#include "engine/run/engine_impl.h"

namespace tenon {
namespace {

/// 64-byte aligned memory that only grows.
class Buffer {
 public:
  ~Buffer() { release(); }
  void reserve(size_t bytes) {
    if (bytes <= size_) return;
    release();
    data_ = ::operator new(bytes, std::align_val_t{64}, std::nothrow);
    TENON_CHECK(data_, "no memory for ", bytes, " bytes of activations");
    size_ = bytes;
  }
  char* data() const { return static_cast<char*>(data_); }

 private:
  void release() {
    if (data_) ::operator delete(data_, std::align_val_t{64});
    data_ = nullptr;
    size_ = 0;
  }
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace

struct Context::Impl {
  std::shared_ptr<const Engine> engine;
  std::shared_ptr<const engine::Program> program;
  std::vector<int64_t> flat;  // present input sizes
  int threads = 0;
  Buffer arena, scratch;
  std::vector<void*> slots;
  std::vector<std::pair<uint32_t, size_t>> input_slots, output_slots;  // (slot, binding)
  std::vector<const void*> in;  // largest argument lists, reused by every step
  std::vector<void*> out;
  bool profiling = false;
  std::vector<LayerTime> profile;

  void use(std::shared_ptr<const engine::Program> p);
  void run_step(const engine::PreparedStep& step);
};

void Context::Impl::use(std::shared_ptr<const engine::Program> p) {
  using Where = engine::Slot::Where;
  arena.reserve(p->arena_bytes);
  scratch.reserve(p->scratch_bytes);
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
  program = std::move(p);
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

void Context::enqueue(const void* const* inputs, void* const* outputs, void*) {
  Impl& c = *impl_;
  TENON_CHECK(c.program, "set_input_shapes must be called before enqueue");
  for (auto [slot, i] : c.input_slots) c.slots[slot] = const_cast<void*>(inputs[i]);
  for (auto [slot, i] : c.output_slots) c.slots[slot] = outputs[i];
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
