// SPDX-License-Identifier: Apache-2.0
// Programs: steps prepared for concrete sizes, and the bounded cache that holds them.
#include <algorithm>
#include <new>

#include "base/error.h"
#include "engine/run/engine_impl.h"
#include "engine/run/storage.h"

namespace tenon {

using engine::PreparedStep;
using engine::Program;

namespace {

/// The selected kernel, or the best other one where that one cannot run these sizes.
const kernels::KernelImpl* willing(const engine::Step& step, const kernels::Problem& problem) {
  Support selected = kernels::can_run(*step.impl, problem);
  if (selected) return step.impl;
  for (const kernels::KernelImpl* impl : kernels::candidates(step.node->op, problem.device()))
    if (kernels::can_run(*impl, problem)) return impl;
  throw Error(detail::concat(step.impl->name(), " cannot run these sizes: ", selected.reason()));
}

}  // namespace

ir::SymEnv Engine::Impl::bind_sizes(const std::vector<int64_t>& flat) const {
  return engine::bind_sizes(graph, flat);
}

std::shared_ptr<Program> Engine::Impl::make_program(const std::vector<int64_t>& key) const {
  auto program = std::make_shared<Program>();
  program->key = key;
  ir::SymEnv env = bind_sizes(key);
  int threads = static_cast<int>(key.back());
  std::vector<kernels::Problem> problems;
  program->chosen = steps;
  for (engine::Step& step : program->chosen) {
    with_frame(
        [&] {
          return "while preparing " + ir::describe(*step.node) + " with " + step.impl->name();
        },
        [&] {
          if (!graph.symbols.empty()) engine::check_concrete(*step.node, env);
          problems.push_back(engine::make_problem(*step.node, env, threads, device_target()));
          step.impl = willing(step, problems.back());
        });
  }
  engine::StoragePlan storage(graph, program->chosen, problems);
  program->slots = storage.slots();
  if (runtime) {
    for (const auto& node : graph.nodes())
      if (ir::ConstantPtr c = ir::constant_of(node->output()))
        program->slots[storage.slot_of(node->output())].data = weights.at(c.get()).get();
  }
  program->arena_bytes = storage.arena_bytes();
  for (size_t i = 0; i < program->chosen.size(); ++i) {
    const engine::Step& step = program->chosen[i];
    PreparedStep prepared;
    prepared.step = &step;
    prepared.kernel = with_frame(
        [&] {
          return "while preparing " + ir::describe(*step.node) + " with " + step.impl->name();
        },
        [&] { return step.impl->prepare(problems[i]); });
    for (const ir::Value* in : step.node->inputs)
      prepared.in.push_back(in ? storage.slot_of(in) : UINT32_MAX);
    for (const auto& out : step.node->outputs()) prepared.out.push_back(storage.slot_of(out.get()));
    program->scratch_bytes = std::max(program->scratch_bytes, prepared.kernel->scratch_bytes);
    program->steps.push_back(std::move(prepared));
  }
  const auto bytes_of = [&](const ir::Value& v) {
    size_t bytes = size_of(v.type.dtype);
    for (int64_t d : engine::sizes_of(v, env)) bytes *= static_cast<size_t>(d);
    return bytes;
  };
  for (const auto& in : graph.inputs()) program->input_bytes.push_back(bytes_of(*in));
  for (const ir::Value* out : graph.outputs) program->output_bytes.push_back(bytes_of(*out));
  for (const ir::Value* out : graph.outputs)
    program->output_shapes.push_back(engine::sizes_of(*out, env));
  return program;
}

std::shared_ptr<const Program> Engine::Impl::program(const std::vector<int64_t>& flat,
                                                     int threads) const {
  std::vector<int64_t> key = flat;
  key.push_back(threads);
  std::lock_guard<std::mutex> lock(mutex_);
  auto it = std::find_if(programs_.begin(), programs_.end(),
                         [&](const auto& p) { return p->key == key; });
  if (it != programs_.end()) {
    programs_.splice(programs_.begin(), programs_, it);
    return programs_.front();
  }
  try {
    programs_.push_front(make_program(key));
  } catch (const std::bad_alloc&) {
    throw Error("no memory to prepare the kernels for these input sizes");
  }
  if (programs_.size() > kMaxPrograms) programs_.pop_back();
  return programs_.front();
}

}  // namespace tenon
