// SPDX-License-Identifier: Apache-2.0
// Runs a plan with the engine core alone: no torch, no Python. Prints the bindings; with a case it
// runs that and exits with 1 where the results differ, else it runs zeros of the sizes that the
// engine was tuned for.
//
//   run_plan model.plan [folder of case.txt [timed runs]]
#include <tenon/runtime.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "example_case.h"
#include "median_time.h"

namespace {

constexpr double kLargestError = 1e-4;

size_t bytes_of(const std::vector<int64_t>& shape, tenon::DataType dtype) {
  size_t bytes = tenon::size_of(dtype);
  for (int64_t size : shape) bytes *= static_cast<size_t>(size);
  return bytes;
}

void print(const char* kind, const std::vector<tenon::BindingInfo>& bindings) {
  for (const tenon::BindingInfo& binding : bindings) {
    std::printf("%s %s: %s [", kind, binding.name.c_str(), tenon::name_of(binding.dtype));
    for (size_t d = 0; d < binding.shape.size(); ++d) {
      const tenon::SizeRange& size = binding.shape[d];
      std::printf("%s%s", d ? ", " : "", binding.expr[d].c_str());
      if (size.min != size.max)
        std::printf(" in %lld..%lld", static_cast<long long>(size.min),
                    static_cast<long long>(size.max));
    }
    std::printf("]\n");
  }
}

std::vector<example::Tensor> zeros(const std::vector<tenon::BindingInfo>& bindings) {
  std::vector<example::Tensor> tensors;
  for (const tenon::BindingInfo& binding : bindings) {
    example::Tensor tensor;
    tensor.dtype = tenon::name_of(binding.dtype);
    for (const tenon::SizeRange& size : binding.shape) tensor.shape.push_back(size.opt);
    tensor.bytes.resize(bytes_of(tensor.shape, binding.dtype));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

bool compare(const std::vector<std::vector<char>>& seen,
             const std::vector<example::Tensor>& wanted) {
  bool ok = seen.size() == wanted.size();
  for (size_t i = 0; i < seen.size() && i < wanted.size(); ++i) {
    const double error = example::relative_error(reinterpret_cast<const float*>(seen[i].data()),
                                                 seen[i].size() / sizeof(float), wanted[i]);
    std::printf("output %zu: relative error %.2e\n", i, error);
    ok = ok && error < kLargestError;  // also false for NaN
  }
  return ok;
}

/// The bytes are taken as they are, so they must be what the engine will read.
void check(const tenon::Engine& engine, const std::vector<example::Tensor>& inputs) {
  if (inputs.size() != engine.inputs().size())
    throw std::runtime_error("the case has " + std::to_string(inputs.size()) +
                             " inputs, the engine " + std::to_string(engine.inputs().size()));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const tenon::BindingInfo& binding = engine.inputs()[i];
    if (inputs[i].shape.size() != binding.shape.size() ||
        inputs[i].bytes.size() != bytes_of(inputs[i].shape, binding.dtype))
      throw std::runtime_error("the case's input " + std::to_string(i) + " does not fit binding " +
                               binding.name);
  }
}

int run(const std::string& plan_path, const std::string& case_path, int runs) {
  const auto engine = tenon::Engine::load_file(plan_path);
  print("input", engine->inputs());
  print("output", engine->outputs());

  example::Case data;
  if (case_path.empty())
    data.inputs = zeros(engine->inputs());
  else
    data = example::read_case(case_path);
  check(*engine, data.inputs);

  const auto context = engine->create_context();
  std::vector<const int64_t*> shapes;
  std::vector<const void*> inputs;
  for (const example::Tensor& input : data.inputs) {
    shapes.push_back(input.shape.data());
    inputs.push_back(input.bytes.data());
  }
  context->set_input_shapes(shapes.data());
  std::vector<std::vector<char>> buffers;
  std::vector<void*> outputs;
  for (size_t i = 0; i < engine->outputs().size(); ++i)
    buffers.emplace_back(bytes_of(context->output_shapes()[i], engine->outputs()[i].dtype));
  for (std::vector<char>& buffer : buffers) outputs.push_back(buffer.data());

  context->execute(inputs.data(), outputs.data());
  const bool ok = case_path.empty() || compare(buffers, data.outputs);
  const double ms =
      example::median_ms(runs, [&] { context->execute(inputs.data(), outputs.data()); });
  const char* verdict = case_path.empty() ? "nothing compared"
                        : ok              ? "results agree"
                                          : "RESULTS DIFFER";
  std::printf("%s: %.3f ms (median of %d), %s\n", plan_path.c_str(), ms, runs, verdict);
  return ok ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s model.plan [folder of case.txt [timed runs]]\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? argv[2] : "", argc > 3 ? std::max(1, std::atoi(argv[3])) : 20);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
