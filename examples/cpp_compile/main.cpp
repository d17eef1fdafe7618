// SPDX-License-Identifier: Apache-2.0
// Compiles a TorchScript module without Python, saves it, and runs it beside the original.
//
//   compile_ts in.ts out.ts
#include <torch/script.h>
#include <torch_tensorrt/torch_tensorrt.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

int run(const std::string& in, const std::string& out) {
  torch_tensorrt::logging::set_reportable_log_level(torch_tensorrt::logging::Level::kWARNING);
  torch::jit::Module module = torch::jit::load(in);
  module.eval();

  // A batch of 28 x 28 images, from 1 to 8 of them; the engine is fastest at 4.
  const std::vector<int64_t> low = {1, 1, 28, 28}, best = {4, 1, 28, 28}, high = {8, 1, 28, 28};
  std::vector<torch_tensorrt::Input> inputs = {
      torch_tensorrt::Input(low, best, high, torch_tensorrt::DataType::kFloat)};
  torch_tensorrt::ts::CompileSpec spec(inputs);
  spec.min_block_size = 1;

  std::printf("every op converts: %s\n",
              torch_tensorrt::ts::check_method_operator_support(module, "forward") ? "yes" : "no");
  torch::jit::Module compiled = torch_tensorrt::ts::compile(module, spec);
  compiled.save(out);

  const std::string engine =
      torch_tensorrt::ts::convert_method_to_trt_engine(module, "forward", spec);
  torch::jit::Module embedded =
      torch_tensorrt::ts::embed_engine_in_new_module(engine, torch_tensorrt::Device());

  torch::jit::Module again = torch::jit::load(out);
  bool agree = true;
  for (int64_t batch : {1, 4, 8}) {
    const at::Tensor x = torch::randn({batch, 1, 28, 28});
    const at::Tensor wanted = module.forward({x}).toTensor();
    agree = agree && torch::allclose(again.forward({x}).toTensor(), wanted, 1e-3, 1e-4);
    agree = agree && torch::allclose(embedded.forward({x}).toTensor(), wanted, 1e-3, 1e-4);
  }
  std::printf("%s\n", agree ? "results agree" : "RESULTS DIFFER");
  return agree ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s in.ts out.ts\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
