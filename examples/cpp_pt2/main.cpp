// SPDX-License-Identifier: Apache-2.0
// Runs a compiled .pt2 with PyTorch's own C++ runtime and without Python. Linking libtorchtrt.so is
// all it takes: it registers the class and the op that the .pt2 calls. Compares the results with
// those saved beside the model and exits with 1 where they differ.
//
//   run_pt2 model.pt2 <folder of case.txt> [timed runs [device]]
#include <ATen/ATen.h>
#include <torch/nativert/ModelRunnerHandle.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "example_case.h"
#include "median_time.h"

namespace {

constexpr double kLargestError = 1e-4;

at::Tensor view(example::Tensor& tensor) {
  at::ScalarType dtype = at::kFloat;
  if (tensor.dtype == "int64")
    dtype = at::kLong;
  else if (tensor.dtype != "float32")
    throw std::runtime_error("no case for " + tensor.dtype);
  return at::from_blob(tensor.bytes.data(), tensor.shape, dtype);
}

bool compare(const std::vector<c10::IValue>& seen, const std::vector<example::Tensor>& wanted) {
  bool ok = seen.size() == wanted.size();
  for (size_t i = 0; i < seen.size() && i < wanted.size(); ++i) {
    const at::Tensor output = seen[i].toTensor().cpu().contiguous();
    const double error = example::relative_error(output.const_data_ptr<float>(),
                                                 static_cast<size_t>(output.numel()), wanted[i]);
    std::printf("output %zu: relative error %.2e\n", i, error);
    ok = ok && error < kLargestError;  // also false for NaN
  }
  return ok;
}

int run(const std::string& model_path, const std::string& case_path, int runs,
        const std::string& device) {
  example::Case data = example::read_case(case_path);
  std::vector<c10::IValue> inputs;
  for (example::Tensor& input : data.inputs)
    inputs.emplace_back(view(input).to(at::Device(device)));

  torch::nativert::ModelRunnerHandle model(model_path, "model");
  const bool ok = compare(model.runWithFlatInputsAndOutputs(inputs), data.outputs);
  const double ms = example::median_ms(runs, [&] { model.runWithFlatInputsAndOutputs(inputs); });
  std::printf("%s: %.3f ms (median of %d), %s\n", model_path.c_str(), ms, runs,
              ok ? "results agree" : "RESULTS DIFFER");
  return ok ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s model.pt2 <folder of case.txt> [timed runs [device]]\n",
                 argv[0]);
    return 2;
  }
  try {
    return run(argv[1], argv[2], argc > 3 ? std::max(1, std::atoi(argv[3])) : 20,
               argc > 4 ? argv[4] : "cpu");
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
