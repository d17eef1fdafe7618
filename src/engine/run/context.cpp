// SPDX-License-Identifier: Apache-2.0
// Context: the arena and the pointers of one caller. In steady state enqueue only fills in the
// caller's pointers and runs the kernels in order: here, or through the device's executor.
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <list>
#include <new>

#include "base/error.h"
#include "engine/run/engine_impl.h"

namespace tenon {
namespace {

/// Memory of the engine's device that only grows.
class Buffer {
 public:
  /// `runtime` is null for the CPU. Returns whether the memory is another now.
  bool reserve(kernels::DeviceRuntime* runtime, size_t bytes) {
    if (bytes <= size_) return false;
    data_ = nullptr;
    size_ = 0;
    data_ = runtime ? runtime->allocate(bytes) : host(bytes);
    size_ = bytes;
    return true;
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

/// What a context keeps of one set of input sizes: where everything lies, and for devices other
/// than the CPU every step's argument lists and the recorded run.
struct Shape {
  std::shared_ptr<const engine::Program> program;
  std::vector<void*> slots;
  std::vector<std::pair<uint32_t, size_t>> input_slots, output_slots;  // (slot, binding)

  kernels::Executor* executor;  // null on the CPU
  kernels::BoundRun bound;
  std::vector<std::vector<const void*>> bound_in;
  std::vector<std::vector<void*>> bound_out;
  Buffer staging;
  std::vector<size_t> staged_in, staged_out;  // bindings copied before and after the steps

  Shape(std::shared_ptr<const engine::Program> p, kernels::DeviceRuntime* runtime,
        kernels::Executor* executor, char* arena, char* scratch);
  Shape(const Shape&) = delete;
  Shape& operator=(const Shape&) = delete;
  ~Shape() {
    if (executor) executor->forget(bound);
  }
  void stage(kernels::DeviceRuntime* runtime);
  void bind(char* scratch);
  bool fill_bound();
};

Shape::Shape(std::shared_ptr<const engine::Program> p, kernels::DeviceRuntime* runtime,
             kernels::Executor* run, char* arena, char* scratch)
    : program(std::move(p)), slots(program->slots.size(), nullptr), executor(run) {
  using Where = engine::Slot::Where;
  for (uint32_t i = 0; i < slots.size(); ++i) {
    const engine::Slot& s = program->slots[i];
    if (s.where == Where::kArena) slots[i] = arena + s.index;
    if (s.where == Where::kConstant) slots[i] = const_cast<void*>(s.data);
    if (s.where == Where::kInput) input_slots.emplace_back(i, s.index);
    if (s.where == Where::kOutput) output_slots.emplace_back(i, s.index);
  }
  if (!runtime) return;
  stage(runtime);
  bind(scratch);
}

/// Slots that a kernel uses which cannot be told other pointers later.
std::vector<bool> fixed_slots(const engine::Program& p) {
  std::vector<bool> fixed(p.slots.size());
  for (const auto& step : p.steps) {
    if (!step.kernel->fixed_pointers()) continue;
    for (uint32_t slot : step.in)
      if (slot != UINT32_MAX) fixed[slot] = true;
    for (uint32_t slot : step.out) fixed[slot] = true;
  }
  return fixed;
}

/// Gives the bindings in fixed slots a buffer each, and copies to and from these.
void Shape::stage(kernels::DeviceRuntime* runtime) {
  constexpr size_t kAlign = 256;
  const std::vector<bool> fixed = fixed_slots(*program);
  std::vector<std::pair<uint32_t, size_t>> places;  // (slot, offset in the staging buffer)
  size_t total = 0;
  const auto take = [&](auto& from, std::vector<size_t>& staged, const std::vector<size_t>& sizes,
                        std::vector<kernels::BoundCopy>& copies) {
    std::erase_if(from, [&](const auto& pair) {
      const auto [slot, binding] = pair;
      if (!fixed[slot]) return false;
      staged.push_back(binding);
      copies.push_back({nullptr, nullptr, sizes[binding]});
      places.emplace_back(slot, total);
      total += (sizes[binding] + kAlign - 1) / kAlign * kAlign;
      return true;
    });
  };
  take(input_slots, staged_in, program->input_bytes, bound.before);
  take(output_slots, staged_out, program->output_bytes, bound.after);
  staging.reserve(runtime, total);
  for (const auto& [slot, offset] : places) slots[slot] = staging.data() + offset;
  for (size_t i = 0; i < bound.before.size(); ++i) bound.before[i].to = slots[places[i].first];
  for (size_t i = 0; i < bound.after.size(); ++i)
    bound.after[i].from = slots[places[bound.before.size() + i].first];
}

void Shape::bind(char* scratch) {
  std::vector<bool> callers(slots.size());
  for (auto [slot, binding] : input_slots) callers[slot] = true;
  for (auto [slot, binding] : output_slots) callers[slot] = true;
  const auto& steps = program->steps;
  bound_in.resize(steps.size());
  bound_out.resize(steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    bool touches = false;
    for (uint32_t slot : steps[i].in) {
      bound_in[i].push_back(slot == UINT32_MAX ? nullptr : slots[slot]);
      touches |= slot != UINT32_MAX && callers[slot];
    }
    for (uint32_t slot : steps[i].out) {
      bound_out[i].push_back(slots[slot]);
      touches |= callers[slot];
    }
    bound.steps.push_back(
        {steps[i].kernel.get(), {bound_in[i].data(), bound_out[i].data(), scratch}, touches});
  }
}

/// Writes the caller's pointers into the steps that use them. Returns whether one is new.
bool Shape::fill_bound() {
  bool moved = false;
  const auto fill = [&](const std::vector<uint32_t>& from, auto& to) {
    for (size_t k = 0; k < from.size(); ++k) {
      if (from[k] == UINT32_MAX) continue;
      moved |= to[k] != slots[from[k]];
      to[k] = slots[from[k]];
    }
  };
  for (size_t i = 0; i < bound.steps.size(); ++i) {
    if (!bound.steps[i].touches_caller) continue;
    fill(program->steps[i].in, bound_in[i]);
    fill(program->steps[i].out, bound_out[i]);
  }
  return moved;
}

}  // namespace

struct Context::Impl {
  std::shared_ptr<const Engine> engine;
  std::vector<int64_t> flat;  // present input sizes
  int threads = 0;
  Buffer arena, scratch;
  std::unique_ptr<kernels::Executor> executor;  // null on the CPU; outlives the shapes
  std::list<Shape> shapes;                      // the present one first; on the CPU no others
  std::vector<const void*> in;                  // largest argument lists, reused by every step
  std::vector<void*> out;
  bool profiling = false;
  std::vector<LayerTime> profile;

  kernels::DeviceRuntime* runtime() const { return engine->impl().runtime; }
  void use(const std::shared_ptr<const engine::Program>& p);
  void run_step(const Shape& shape, const engine::PreparedStep& step);
  void enqueue_here(Shape& shape);
  void enqueue_on_device(Shape& shape, const void* const* inputs, void* const* outputs,
                         void* stream);
};

/// Makes the program's shape the present one. Recorded runs point into the buffers, so they are
/// lost when one of these has to grow.
void Context::Impl::use(const std::shared_ptr<const engine::Program>& p) {
  constexpr size_t kMaxShapes = 8;
  if (arena.reserve(runtime(), p->arena_bytes) | scratch.reserve(runtime(), p->scratch_bytes))
    shapes.clear();
  auto it =
      std::find_if(shapes.begin(), shapes.end(), [&](const Shape& s) { return s.program == p; });
  if (it != shapes.end()) {
    shapes.splice(shapes.begin(), shapes, it);
    return;
  }
  if (!runtime()) shapes.clear();
  if (runtime() && !executor) executor = runtime()->make_executor();
  shapes.emplace_front(p, runtime(), executor.get(), arena.data(), scratch.data());
  if (shapes.size() > kMaxShapes) shapes.pop_back();
  for (const auto& step : p->steps) {
    in.resize(std::max(in.size(), step.in.size()));
    out.resize(std::max(out.size(), step.out.size()));
  }
}

inline void Context::Impl::run_step(const Shape& shape, const engine::PreparedStep& step) {
  for (size_t i = 0; i < step.in.size(); ++i)
    in[i] = step.in[i] == UINT32_MAX ? nullptr : shape.slots[step.in[i]];
  for (size_t i = 0; i < step.out.size(); ++i) out[i] = shape.slots[step.out[i]];
  step.kernel->run({in.data(), out.data(), scratch.data()});
}

void Context::Impl::enqueue_here(Shape& shape) {
  if (!profiling) {
    for (const auto& step : shape.program->steps) run_step(shape, step);
    return;
  }
  using Clock = std::chrono::steady_clock;
  auto us = [](Clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); };
  profile.clear();
  for (const auto& step : shape.program->steps) {
    auto start = Clock::now();
    run_step(shape, step);
    auto end = Clock::now();
    profile.push_back(
        {step.step->node->output()->name, us(start.time_since_epoch()), us(end - start)});
  }
}

void Context::Impl::enqueue_on_device(Shape& shape, const void* const* inputs, void* const* outputs,
                                      void* stream) {
  const bool moved = shape.fill_bound();
  for (size_t i = 0; i < shape.staged_in.size(); ++i)
    shape.bound.before[i].from = inputs[shape.staged_in[i]];
  for (size_t i = 0; i < shape.staged_out.size(); ++i)
    shape.bound.after[i].to = outputs[shape.staged_out[i]];
  if (profiling) {
    const std::vector<double> times = executor->profile(shape.bound, stream);
    profile.clear();
    double start = 0;
    for (size_t i = 0; i < times.size(); start += times[i++])
      profile.push_back({shape.program->steps[i].step->node->output()->name, start, times[i]});
  } else {
    executor->run(shape.bound, moved, stream);
  }
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
  bool same = !c.shapes.empty() && threads == c.threads;
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
  c.flat.assign(c.flat.size(), -1);  // should memory run out below, no sizes are set
  try {
    c.use(program);
  } catch (...) {
    c.shapes.clear();
    throw;
  }
  c.flat = std::move(flat);
  c.threads = threads;
}

const std::vector<std::vector<int64_t>>& Context::output_shapes() const {
  TENON_CHECK(!impl_->shapes.empty(), "set_input_shapes must be called before output_shapes");
  return impl_->shapes.front().program->output_shapes;
}

void Context::enqueue(const void* const* inputs, void* const* outputs, void* stream) {
  Impl& c = *impl_;
  TENON_CHECK(!c.shapes.empty(), "set_input_shapes must be called before enqueue");
  Shape& shape = c.shapes.front();
  for (auto [slot, i] : shape.input_slots) shape.slots[slot] = const_cast<void*>(inputs[i]);
  for (auto [slot, i] : shape.output_slots) shape.slots[slot] = outputs[i];
  if (c.executor) {
    c.enqueue_on_device(shape, inputs, outputs, stream);
  } else {
    c.enqueue_here(shape);
  }
}

namespace {

/// Buffers on the device as large as the host's, with what they hold.
std::vector<std::shared_ptr<void>> device_buffers(kernels::DeviceRuntime& runtime,
                                                  const std::vector<size_t>& sizes,
                                                  const void* const* contents) {
  std::vector<std::shared_ptr<void>> buffers;
  for (size_t i = 0; i < sizes.size(); ++i) {
    buffers.push_back(runtime.allocate(sizes[i]));
    if (contents) runtime.upload(buffers.back().get(), contents[i], sizes[i]);
  }
  return buffers;
}

std::vector<void*> pointers(const std::vector<std::shared_ptr<void>>& buffers) {
  std::vector<void*> all;
  for (const auto& b : buffers) all.push_back(b.get());
  return all;
}

}  // namespace

void Context::execute(const void* const* inputs, void* const* outputs) {
  Impl& c = *impl_;
  TENON_CHECK(!c.shapes.empty(), "set_input_shapes must be called before execute");
  if (!c.runtime()) return enqueue(inputs, outputs);
  const engine::Program& program = *c.shapes.front().program;
  const auto in = device_buffers(*c.runtime(), program.input_bytes, inputs);
  const auto out = device_buffers(*c.runtime(), program.output_bytes, nullptr);
  const std::vector<void*> from = pointers(in), to = pointers(out);
  enqueue(from.data(), to.data());
  for (size_t i = 0; i < to.size(); ++i)
    c.runtime()->download(outputs[i], to[i], program.output_bytes[i]);
}

void Context::set_profiling(bool on) { impl_->profiling = on; }
const std::vector<LayerTime>& Context::last_profile() const { return impl_->profile; }

}  // namespace tenon
