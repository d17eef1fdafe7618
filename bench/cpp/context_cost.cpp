// SPDX-License-Identifier: Apache-2.0
// The cost of a call and its allocations, without torch and Python: for an engine that rectifies
// one number, and for each plan file given (inputs at their opt sizes, filled with zeros). Prints
// JSON:
//   context_cost [plan file ...]
// A call is set_input_shapes with unchanged sizes and enqueue, as the torch bridge makes them.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "malloc_counter.h"
#include "tenon/builder.h"
#include "tenon/runtime.h"

namespace {

using Clock = std::chrono::steady_clock;

std::shared_ptr<tenon::Engine> smallest_engine() {
  auto builder = tenon::createBuilder();
  auto network = builder->createNetworkV2();
  tenon::ITensor* x = network->addInput("x", tenon::DataType::kFLOAT, tenon::Dims{1, {1}});
  auto* relu = network->addActivation(*x, tenon::ActivationType::kRELU);
  network->markOutput(*relu->getOutput(0));
  auto config = builder->createBuilderConfig();
  config->setTimingCachePath("none");
  return tenon::Engine::load(builder->buildSerializedNetwork(*network, *config)->bytes());
}

/// Buffers of an engine's bindings at the opt sizes.
class Call {
 public:
  explicit Call(tenon::Engine& engine) : context_(engine.create_context()) {
    for (const tenon::BindingInfo& b : engine.inputs()) {
      std::vector<int64_t> shape;
      for (const tenon::SizeRange& r : b.shape) shape.push_back(r.opt);
      shapes_.push_back(std::move(shape));
    }
    for (const auto& s : shapes_) shape_pointers_.push_back(s.data());
    context_->set_input_shapes(shape_pointers_.data());
    for (const auto& s : shapes_) inputs_.push_back(buffer(s));
    for (const auto& s : context_->output_shapes()) outputs_.push_back(buffer(s));
  }

  float* input() { return static_cast<float*>(const_cast<void*>(inputs_[0])); }
  const float* output() const { return static_cast<const float*>(outputs_[0]); }

  void operator()() {
    context_->set_input_shapes(shape_pointers_.data());
    context_->enqueue(inputs_.data(), outputs_.data());
  }

 private:
  /// Room for the widest dtype.
  void* buffer(const std::vector<int64_t>& shape) {
    size_t bytes = 8;
    for (int64_t size : shape) bytes *= static_cast<size_t>(size);
    memory_.push_back(std::make_unique<char[]>(bytes + 64));
    return memory_.back().get();
  }

  std::unique_ptr<tenon::Context> context_;
  std::vector<std::vector<int64_t>> shapes_;
  std::vector<const int64_t*> shape_pointers_;
  std::vector<std::unique_ptr<char[]>> memory_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
};

const char* base_name(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash ? slash + 1 : path;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Median over batches of the mean time of a call in a batch of about a millisecond.
double microseconds(Call& call) {
  int per_batch = 1;
  for (;; per_batch *= 2) {
    const auto start = Clock::now();
    for (int i = 0; i < per_batch; ++i) call();
    if (seconds_since(start) > 1e-3 || per_batch >= 1 << 16) break;
  }
  std::vector<double> times;
  for (int batch = 0; batch < 101; ++batch) {
    const auto start = Clock::now();
    for (int i = 0; i < per_batch; ++i) call();
    times.push_back(seconds_since(start) / per_batch * 1e6);
  }
  std::nth_element(times.begin(), times.begin() + 50, times.end());
  return times[50];
}

/// "libtenon.so": 3.00, ...: allocations of a call by the library that made them.
std::string allocations_per_call(Call& call) {
  constexpr int kCalls = 100;
  malloc_counter_reset();
  for (int i = 0; i < kCalls; ++i) call();
  std::map<std::string, int64_t> libraries;
  int64_t calls = 0;
  std::vector<std::pair<uintptr_t, int64_t>> places;
  places.reserve(1024);
  for (int i = 0; uintptr_t address = malloc_counter_caller(i, &calls); ++i)
    if (calls >= kCalls) places.emplace_back(address, calls);
  for (const auto& [address, count] : places) {
    Dl_info info{};
    const bool known = dladdr(reinterpret_cast<void*>(address), &info) && info.dli_fname;
    libraries[known ? base_name(info.dli_fname) : "unknown"] += count;
  }
  std::string text;
  for (const auto& [name, count] : libraries) {
    char number[32];
    std::snprintf(number, sizeof(number), "%.2f", static_cast<double>(count) / kCalls);
    text += (text.empty() ? "\"" : ", \"") + name + "\": " + number;
  }
  return text;
}

/// The engine that is timed does what it should.
void check_smallest(Call& call) {
  for (float x : {2.5f, -2.5f}) {
    *call.input() = x;
    call();
    if (*call.output() != std::max(x, 0.0f)) throw std::runtime_error("the engine is wrong");
  }
}

void report(const char* name, tenon::Engine& engine, bool first) {
  Call call(engine);
  if (first) check_smallest(call);
  for (int i = 0; i < 10; ++i) call();
  const std::string allocations = allocations_per_call(call);
  std::printf("%s\n {\"engine\": \"%s\", \"microseconds\": %.4f, \"allocations_per_call\": {%s}}",
              first ? "[" : ",", name, microseconds(call), allocations.c_str());
}

int run(int argc, char** argv) {
  if (malloc_counter_calls() == 0) throw std::runtime_error("the malloc counter is not in front");
  report("one element", *smallest_engine(), true);
  for (int i = 1; i < argc; ++i)
    report(base_name(argv[i]), *tenon::Engine::load_file(argv[i]), false);
  std::printf("\n]\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
