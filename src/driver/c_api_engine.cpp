// SPDX-License-Identifier: Apache-2.0
// The C ABI of running a plan.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>

#include "driver/c_network.h"
#include "driver/c_support.h"
#include "driver/handle_table.h"
#include "driver/network_json.h"
#include "kernels/kernel.h"
#include "tenon/c_api_network.h"
#include "tenon/runtime.h"

namespace {

using namespace tenon;
using namespace tenon::driver;
using json = nlohmann::ordered_json;

struct Loaded {
  std::shared_ptr<Engine> engine;
  std::mutex mutex;  // of the context
  std::unique_ptr<Context> context;
};

HandleTable<Loaded>& engines() {
  static HandleTable<Loaded> table;
  return table;
}

std::shared_ptr<Loaded> find(Handle engine) {
  auto loaded = engines().find(engine);
  TENON_CHECK(loaded, "engine ", engine, " does not exist");
  return loaded;
}

/// Plans read their weights in place, at 64-byte boundaries.
PlanBytes copy_of(const void* plan, size_t size) {
  constexpr size_t kAlignment = 64;
  const size_t rounded = (size + kAlignment - 1) / kAlignment * kAlignment;
  std::shared_ptr<void> bytes(std::aligned_alloc(kAlignment, std::max(rounded, kAlignment)),
                              std::free);
  if (!bytes) throw std::bad_alloc();
  std::memcpy(bytes.get(), plan, size);
  return {bytes, size};
}

json binding_json(const BindingInfo& b) {
  json sizes = json::array(), ranges = json::array();
  for (const std::string& e : b.expr) sizes.push_back(size_json(ir::SymDim::parse(e)));
  for (const SizeRange& r : b.shape) ranges.push_back({r.min, r.opt, r.max});
  return {
      {"name", b.name}, {"dtype", static_cast<int>(b.dtype)}, {"shape", sizes}, {"ranges", ranges}};
}

json bindings_json(const std::vector<BindingInfo>& bindings) {
  json list = json::array();
  for (const BindingInfo& b : bindings) list.push_back(binding_json(b));
  return list;
}

/// A buffer may be null only where there is nothing in it.
void want_each(const void* const* buffers, const std::vector<BindingInfo>& bindings,
               const std::vector<std::vector<int64_t>>& shapes, const char* what) {
  if (!bindings.empty()) wanted(buffers, what);
  for (size_t i = 0; i < bindings.size(); ++i) {
    const bool empty = std::count(shapes[i].begin(), shapes[i].end(), 0) > 0;
    TENON_CHECK(buffers[i] || empty, what, "[", i, "] ('", bindings[i].name, "') is null");
  }
}

/// The inputs' sizes as lists.
std::vector<std::vector<int64_t>> lists(const Engine& engine, const int64_t* const* shapes) {
  std::vector<std::vector<int64_t>> out;
  if (!engine.inputs().empty()) wanted(shapes, "shapes");
  for (size_t i = 0; i < engine.inputs().size(); ++i) {
    const size_t rank = engine.inputs()[i].shape.size();
    if (rank) wanted(shapes[i], "a shape");
    out.emplace_back(rank ? std::vector<int64_t>(shapes[i], shapes[i] + rank)
                          : std::vector<int64_t>());
  }
  return out;
}

/// The context at these sizes; the caller holds its lock.
Context& at(Loaded& loaded, const int64_t* const* shapes) {
  lists(*loaded.engine, shapes);  // no null among them
  if (!loaded.context) loaded.context = loaded.engine->create_context();
  loaded.context->set_input_shapes(shapes);
  return *loaded.context;
}

}  // namespace

extern "C" {

int tenon_engine_load(const void* plan, size_t size, tenon_handle* engine) {
  return guarded([&] {
    wanted(plan, "plan");
    wanted(engine, "engine");
    static_cast<void>(kernels::load_plugins());
    auto loaded = std::make_shared<Loaded>();
    loaded->engine = Engine::load(copy_of(plan, size));
    *engine = engines().add(std::move(loaded));
  });
}

int tenon_engine_free(tenon_handle engine) {
  return guarded(
      [&] { TENON_CHECK(engines().remove(engine), "engine ", engine, " does not exist"); });
}

int tenon_engine_info(tenon_handle engine, const char** out) {
  return guarded([&] {
    const auto loaded = find(engine);
    const json info = {{"device", loaded->engine->device()},
                       {"inputs", bindings_json(loaded->engine->inputs())},
                       {"outputs", bindings_json(loaded->engine->outputs())}};
    *wanted(out, "json") = hand_out(dump(info));
  });
}

int tenon_engine_output_shapes(tenon_handle engine, const int64_t* const* shapes,
                               const char** out) {
  return guarded([&] {
    const auto loaded = find(engine);
    const std::lock_guard lock(loaded->mutex);
    *wanted(out, "json") = hand_out(dump(json(at(*loaded, shapes).output_shapes())));
  });
}

int tenon_engine_run(tenon_handle engine, const int64_t* const* shapes, const void* const* inputs,
                     void* const* outputs) {
  return guarded([&] {
    const auto loaded = find(engine);
    const std::lock_guard lock(loaded->mutex);
    Context& context = at(*loaded, shapes);
    want_each(inputs, loaded->engine->inputs(), lists(*loaded->engine, shapes), "inputs");
    want_each(outputs, loaded->engine->outputs(), context.output_shapes(), "outputs");
    context.execute(inputs, outputs);
  });
}

}  // extern "C"
