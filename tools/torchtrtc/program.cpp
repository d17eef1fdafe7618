// SPDX-License-Identifier: Apache-2.0
#include <c10/util/Flags.h>
#include <torch/nativert/ModelRunnerHandle.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/zip.h"
#include "commands.h"
#include "compare.h"
#include "compile_spec.h"
#include "frontends/export/archive.h"
#include "torch/program/example_inputs.h"
#include "torch/program/flat_copy.h"

C10_DECLARE_int(caffe2_log_level);

namespace torchtrtc {
namespace {

namespace dynamo = torch_tensorrt::dynamo;
using nlohmann::json;
using Values = std::vector<c10::IValue>;

dynamo::CompileSpec program_spec(const Arguments& a) {
  dynamo::CompileSpec spec;
  set_common(spec, a);
  spec.inputs = a.inputs;
  spec.enabled_precisions = a.precisions;
  spec.truncate_double = a.truncate;
  spec.dryrun = a.dryrun;
  return spec;
}

/// What a .pt2 knows no setting for.
void warn_about_unused(const Arguments& a) {
  const auto warn = [](bool set, const char* flag) {
    if (set)
      torch_tensorrt::logging::log(torch_tensorrt::logging::kWARNING,
                                   std::string(flag) + " has no effect here");
  };
  warn(a.capability != torch_tensorrt::EngineCapability::kSTANDARD, "--engine-capability");
  warn(a.sparse_weights, "--sparse-weights");
  warn(a.allow_shape_tensors, "--allow-shape-tensors");
  warn(a.workspace_size.has_value(), "--workspace-size");
  warn(a.dla_sram_size.has_value(), "--dla-sram-size");
  warn(a.dla_local_dram_size.has_value(), "--dla-local-dram-size");
  warn(a.dla_global_dram_size.has_value(), "--dla-global-dram-size");
}

/// Layouts and ranges alone, as the example maker takes them.
std::vector<tenon::torch_bridge::ProgramInput> sizes_of(const Arguments& a) {
  std::vector<tenon::torch_bridge::ProgramInput> inputs;
  for (const auto& input : a.inputs)
    inputs.push_back({input.min_shape, input.opt_shape, input.max_shape, std::nullopt});
  return inputs;
}

std::string only_model(const std::string& path) {
  const auto archive = tenon::frontends::Archive::open(path);
  return archive.models().size() == 1 ? archive.models()[0] : "model";
}

Values run_nested(const std::string& path, const std::string& model, const Values& inputs,
                  const char* which) {
  try {
    torch::nativert::ModelRunnerHandle runner(path, model);
    Values outputs;
    for (const auto& value : runner.runWithFlatInputsAndOutputs(inputs)) flatten(value, outputs);
    return outputs;
  } catch (const std::exception& e) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&e);
    throw torch_tensorrt::Error(std::string("the ") + which + " does not run: " +
                                (torch_error ? torch_error->what_without_backtrace() : e.what()) +
                                " (--custom-torch-ops loads ops; --no-threshold-check skips this)");
  }
}

/// Outputs of the program with its call made flat, in a copy that never gets a name.
Values run_flat(const std::string& path, const std::string& model, const Values& inputs,
                const char* which) {
  tenon::ZipWriter copy((std::filesystem::temp_directory_path() / "torchtrtc_check.pt2").string());
  tenon::torch_bridge::add_flat_copy(path, copy);
  return run_nested(copy.end(), model, inputs, which);
}

void check(const std::string& original, const std::string& compiled, const Arguments& a) {
  const std::string model = only_model(original);
  // Lists of ops that the runtime dispatches instead of calling directly are no news.
  FLAGS_caffe2_log_level = std::max(FLAGS_caffe2_log_level, 2);
  const Values inputs = tenon::torch_bridge::example_inputs(original, sizes_of(a), kSeed);
  const std::string foreign = tenon::torch_bridge::foreign_container(original);
  if (!foreign.empty())
    torch_tensorrt::logging::log(
        torch_tensorrt::logging::kWARNING,
        "PyTorch's C++ runtime does not know the container " + foreign +
            "; Python reads the result, C++ wants a model that takes and returns tuples, lists and"
            " dicts");
  const auto outputs = foreign.empty() ? run_nested : run_flat;
  const Values wanted = outputs(original, model, inputs, "original program");
  check_outputs(outputs(compiled, model, inputs, "compiled program"), wanted, a);
}

void print_summary(const json& report) {
  int engines = 0, in_engines = 0, all = 0;
  for (const auto& segment : report.at("segments")) engines += segment.at("kind") == "engine";
  for (const auto& node : report.at("nodes")) {
    ++all;
    in_engines += node.at("engine").get<bool>();
  }
  std::printf("%d of %d ops in %d engine%s\n", in_engines, all, engines, engines == 1 ? "" : "s");
  for (const auto& node : report.at("nodes")) {
    if (node.at("engine").get<bool>()) continue;
    std::printf("  in PyTorch: %s (%s): %s\n", node.at("name").get<std::string>().c_str(),
                node.at("target").get<std::string>().c_str(),
                node.at("reason").get<std::string>().c_str());
  }
}

}  // namespace

void compile_program(const Arguments& arguments) {
  warn_about_unused(arguments);
  dynamo::CompileSpec spec = program_spec(arguments);
  if (arguments.save_engine) {
    write_output(arguments.output, dynamo::convert_program_to_engine(arguments.input, spec));
    return;
  }
  if (arguments.threshold_check)
    spec.check = [&](const std::string& path) { check(arguments.input, path, arguments); };
  const std::string text = dynamo::compile(arguments.input, arguments.output, spec);
  const json report = json::parse(text);
  if (!arguments.report.empty()) write_output(arguments.report, text);
  if (arguments.dryrun)
    std::puts(report.at("dryrun").get<std::string>().c_str());
  else
    print_summary(report);
}

}  // namespace torchtrtc
