// SPDX-License-Identifier: Apache-2.0
// Compiles a program that torch.export.save wrote, without Python, and runs it with PyTorch's C++
// runtime.
//
//   compile_pt2 in.pt2 out.pt2 <largest batch>
#include <ATen/ATen.h>
#include <torch/nativert/ModelRunnerHandle.h>
#include <torch_tensorrt/torch_tensorrt.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace {

/// The program's one input is a batch of 28 x 28 images, of any size up to `largest`.
torch_tensorrt::Input images(int64_t largest) {
  return {
      {1, 1, 28, 28}, {largest, 1, 28, 28}, {largest, 1, 28, 28}, torch_tensorrt::DataType::kFloat};
}

int run(const std::string& in, const std::string& out, int64_t largest) {
  torch_tensorrt::dynamo::CompileSpec spec;
  spec.inputs = {images(largest)};
  spec.min_block_size = 1;
  spec.progress = [](const std::string& stage, int done, int total) {
    if (done == 0) std::printf("%s\n", stage.c_str());
    return true;  // false would stop the build
  };
  const std::string report = torch_tensorrt::dynamo::compile(in, out, spec);
  std::printf("report: %zu bytes of JSON\n", report.size());

  const at::Tensor x = at::randn({largest, 1, 28, 28});
  torch::nativert::ModelRunnerHandle before(in, "model"), after(out, "model");
  const at::Tensor wanted = before.runWithFlatInputsAndOutputs({x})[0].toTensor();
  const at::Tensor seen = after.runWithFlatInputsAndOutputs({x})[0].toTensor();
  const bool agree = at::allclose(seen, wanted, 1e-3, 1e-4);
  std::printf("%s\n", agree ? "results agree" : "RESULTS DIFFER");
  return agree ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s in.pt2 out.pt2 <largest batch>\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1], argv[2], std::atoi(argv[3]));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
