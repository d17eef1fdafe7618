// SPDX-License-Identifier: Apache-2.0
// The public C++ API as its users write it: every constructor and free function that needs no
// model. Prints what is wrong and exits with 1.
#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch_tensorrt/torch_tensorrt.h>

#include <cstdio>
#include <functional>
#include <string>
#include <utility>

namespace tt = torch_tensorrt;

namespace {

int failures = 0;

void expect(bool ok, const char* what) {
  if (ok) return;
  std::printf("wrong: %s\n", what);
  ++failures;
}

void expect_error(const std::string& part, const std::function<void()>& body) {
  try {
    body();
    std::printf("wrong: no error with '%s'\n", part.c_str());
    ++failures;
  } catch (const tt::Error& e) {
    if (std::string(e.what()).find(part) != std::string::npos) return;
    std::printf("wrong: '%s' is not in: %s\n", part.c_str(), e.what());
    ++failures;
  }
}

void data_types() {
  expect(tt::DataType(at::kHalf) == tt::DataType::kHalf, "DataType from torch's");
  expect(tt::DataType() == tt::DataType::kUnknown, "DataType()");
  expect(tt::DataType(tt::DataType::kInt) != tt::DataType(at::kLong), "DataType !=");
  using D = tt::DataType;
  const std::pair<D::Value, c10::ScalarType> pairs[] = {
      {D::kLong, at::kLong}, {D::kDouble, at::kDouble},     {D::kFloat, at::kFloat},
      {D::kHalf, at::kHalf}, {D::kChar, at::kChar},         {D::kInt, at::kInt},
      {D::kBool, at::kBool}, {D::kBFloat16, at::kBFloat16}, {D::kByte, at::kByte}};
  for (const auto& [ours, theirs] : pairs) expect(D(theirs) == ours, "every DataType");
  expect_error("ComplexFloat", [] { tt::DataType type(at::kComplexFloat); });
  expect(tt::Device::DeviceType(at::kCUDA) == tt::Device::DeviceType::kGPU, "DeviceType");
  expect(tt::Device().device_type == tt::Device::DeviceType::kModule, "Device()");
  expect_error("wanted cpu or cuda", [] { tt::Device::DeviceType type(at::kMeta); });
  expect(tt::TensorFormat(at::MemoryFormat::ChannelsLast) == tt::TensorFormat::kChannelsLast &&
             tt::TensorFormat() == tt::TensorFormat::kContiguous,
         "TensorFormat");
}

void devices() {
  tt::Device device;
  device.device_type = tt::Device::DeviceType::kGPU;
  device.gpu_id = 1;
  expect(device.dla_core == 0 && !device.allow_gpu_fallback && device.gpu_id == 1, "Device");
  tt::Device dla;
  dla.device_type = tt::Device::DeviceType::kDLA;
  tt::ts::CompileSpec spec(std::vector<tt::Input>{});
  spec.device = dla;
  expect_error("DLA", [&] { tt::ts::compile(torch::jit::Module("empty"), spec); });
}

void inputs() {
  using Shape = std::vector<int64_t>;
  const Shape low{1, 3}, best{2, 3}, high{4, 3};
  const at::IntArrayRef low_ref(low), best_ref(best), high_ref(high);
  const tt::TensorFormat last = tt::TensorFormat::kChannelsLast;
  const tt::DataType half = tt::DataType::kHalf;
  const std::vector<double> domain{-1, 1};

  for (const tt::Input& i :
       {tt::Input(best), tt::Input(best_ref), tt::Input({2, 3}), tt::Input(best, last),
        tt::Input(best_ref, last), tt::Input(best, domain), tt::Input(best_ref, domain, last),
        tt::Input(best, half), tt::Input(best_ref, half), tt::Input(best, half, last),
        tt::Input(best, half, domain), tt::Input(best_ref, half, domain, last),
        tt::Input(best, torch_tensorrt::DataType::kHalf), tt::Input(best, at::kHalf),
        tt::Input(at::zeros({2, 3}))}) {
    expect(i.shape == best && i.min_shape == best && i.max_shape == best, "a fixed shape");
    expect(!i.input_is_dynamic, "a fixed shape is not dynamic");
  }
  for (const tt::Input& i :
       {tt::Input(low, best, high), tt::Input(low_ref, best_ref, high_ref),
        tt::Input({1, 3}, {2, 3}, {4, 3}), tt::Input(low, best, high, last),
        tt::Input(low, best, high, domain), tt::Input(low_ref, best_ref, high_ref, domain, last),
        tt::Input(low, best, high, half), tt::Input(low_ref, best_ref, high_ref, half, last),
        tt::Input(low, best, high, half, domain),
        tt::Input(low_ref, best_ref, high_ref, half, domain, last)}) {
    expect(i.shape == Shape({-1, 3}) && i.opt_shape == best && i.input_is_dynamic, "a range");
    expect(i.min_shape == low && i.max_shape == high, "a range's ends");
  }
  const tt::Input::Domain wide{-1, 1};
  expect(tt::Input(best, half, wide).tensor_domain == domain, "a domain");
  expect(tt::Input(best, half).dtype == half, "a type");
  expect(tt::Input(best).dtype == tt::DataType::kUnknown, "no type");
  expect(tt::Input(at::zeros({2, 3}, at::kInt)).dtype == tt::DataType::kInt, "a tensor's type");
  expect_error("min <= opt <= max", [&] { tt::Input(high, best, low); });
  expect_error("dimensions", [&] { tt::Input({1}, best, high); });
  expect_error("tensor_domain", [&] { tt::Input(best, {1.0, 1.0}); });
}

void signatures() {
  const auto leaf = [](int64_t size) {
    return c10::IValue(c10::make_intrusive<tt::Input>(std::vector<int64_t>{size, 3}));
  };
  const c10::IValue pair = c10::ivalue::Tuple::create({leaf(1), leaf(2)});
  const c10::IValue tree = c10::ivalue::Tuple::create({pair, leaf(3)});
  const tt::GraphInputs inputs(tree);
  expect(inputs.inputs.size() == 3 && inputs.inputs[2].shape[0] == 3, "a nested signature");
  expect(inputs.input_signature.isTuple(), "the signature is kept");
  expect(tt::GraphInputs(std::vector<tt::Input>{}).input_signature.isNone(), "there is none");
  const tt::ts::CompileSpec spec(tree);
  expect(spec.graph_inputs.inputs.size() == 3, "a CompileSpec of a signature");
  expect_error("input_signature has a Int", [] { tt::GraphInputs(c10::IValue(int64_t{1})); });
}

void specs() {
  const std::vector<std::vector<int64_t>> shapes{{1, 3}, {2, 3}};
  const tt::torchscript::CompileSpec by_shape(shapes), by_input(std::vector<tt::Input>{shapes[0]});
  expect(by_shape.graph_inputs.inputs.size() == 2, "CompileSpec of shapes");
  expect(by_input.graph_inputs.inputs.size() == 1, "CompileSpec of Inputs");
  expect(by_shape.min_block_size == 3 && !by_shape.require_full_compilation &&
             by_shape.enabled_precisions.count(tt::DataType::kFloat) == 1 &&
             by_shape.num_avg_timing_iters == 1 && by_shape.dla_sram_size == 1048576 &&
             by_shape.capability == tt::EngineCapability::kSTANDARD,
         "CompileSpec's defaults");
  expect(!by_shape.disable_tf32 && !by_shape.sparse_weights && !by_shape.refit &&
             !by_shape.truncate_long_and_double && !by_shape.allow_shape_tensors &&
             by_shape.workspace_size == 0 && by_shape.dla_local_dram_size == 1073741824 &&
             by_shape.dla_global_dram_size == 536870912,
         "CompileSpec's further defaults");
  const tt::EngineCapability others[] = {tt::EngineCapability::kSAFETY,
                                         tt::EngineCapability::kDLA_STANDALONE};
  expect(by_shape.capability != others[0] && by_shape.capability != others[1], "capabilities");
  const torchtrt::ts::CompileSpec short_name(shapes);  // the aliases
  const auto braces = tt::ts::CompileSpec({{1, 3}, {2, 3}});
  const auto one = tt::ts::CompileSpec({tt::Input(shapes[0], tt::DataType::kHalf)});
  const auto refs = tt::ts::CompileSpec(std::vector<at::IntArrayRef>{shapes[0], shapes[1]});
  expect(braces.graph_inputs.inputs.size() == 2 && one.graph_inputs.inputs.size() == 1 &&
             refs.graph_inputs.inputs[1].shape == shapes[1],
         "CompileSpec in braces and of ArrayRefs");
  tt::dynamo::CompileSpec program;
  expect(program.min_block_size == 5 && !program.truncate_double && !program.disable_tf32,
         "dynamo::CompileSpec's defaults");
  const tt::dynamo::Progress stop = [](const std::string&, int, int) { return false; };
  program.progress = stop;
  expect(!program.progress("stage", 0, 1), "a Progress");
}

void logs() {
  namespace log = tt::logging;
  expect(log::get_reportable_log_level() == log::Level::kWARNING, "the level at the start");
  expect(log::get_logging_prefix() == "[tenon] ", "the prefix at the start");
  expect(!log::get_is_colored_output_on(), "no colours at the start");
  log::set_logging_prefix("<api> ");
  log::set_reportable_log_level(log::kINFO);
  log::log(log::kINFO, "shown");
  log::log(log::kDEBUG, "hidden");
  log::set_is_colored_output_on(true);
  log::log(log::Level::kERROR, "coloured");
  log::log(log::kGRAPH, "hidden graph");
  log::log(log::kINTERNAL_ERROR, "shown first");
  log::set_is_colored_output_on(false);
  expect(log::get_reportable_log_level() == log::kINFO, "the level");
  expect(log::get_logging_prefix() == "<api> ", "the prefix");
}

void functions() {
  expect(tt::get_build_info().find("\"version\"") != std::string::npos, "get_build_info");
  tt::dump_build_info();
  if (!at::hasCUDA()) expect_error("", [] { tt::set_device(0); });
  expect_error("is not a zip archive", [] {
    std::FILE* file = std::fopen("no.pt2", "wb");
    std::fputs("not a zip archive, but longer than the smallest one", file);
    std::fclose(file);
    tt::dynamo::compile("no.pt2", "out.pt2");
  });
  expect_error("missing.pt2", [] { tt::dynamo::convert_program_to_engine("missing.pt2"); });
}

}  // namespace

/// As a program marks what its own library does not export.
TORCHTRT_HIDDEN const char* verdict() { return failures ? "FAILED" : "passed"; }

int main() {
  data_types();
  devices();
  inputs();
  signatures();
  specs();
  logs();
  functions();
  std::printf("%s\n", verdict());
  return failures ? 1 : 0;
}
