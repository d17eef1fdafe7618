// SPDX-License-Identifier: Apache-2.0
#include "torch/api/settings.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"

namespace torch_tensorrt::detail {
namespace {

using nlohmann::json;

struct TypeRow {
  DataType::Value value;
  const char* name;
  c10::ScalarType scalar;
};

constexpr TypeRow kTypes[] = {
    {DataType::kLong, "int64", c10::ScalarType::Long},
    {DataType::kDouble, "float64", c10::ScalarType::Double},
    {DataType::kFloat, "float32", c10::ScalarType::Float},
    {DataType::kHalf, "float16", c10::ScalarType::Half},
    {DataType::kChar, "int8", c10::ScalarType::Char},
    {DataType::kInt, "int32", c10::ScalarType::Int},
    {DataType::kBool, "bool", c10::ScalarType::Bool},
    {DataType::kBFloat16, "bfloat16", c10::ScalarType::BFloat16},
    {DataType::kByte, "uint8", c10::ScalarType::Byte},
};

const TypeRow& row_of(DataType type) {
  for (const TypeRow& row : kTypes)
    if (type == row.value) return row;
  throw Error("a data type is kUnknown where one is needed");
}

const char* capability_name(EngineCapability capability) {
  switch (capability) {
    case EngineCapability::kSTANDARD:
      return "standard";
    case EngineCapability::kSAFETY:
      return "safety";
    case EngineCapability::kDLA_STANDALONE:
      return "dla_standalone";
  }
  return "unknown";
}

void warn(const std::string& text) { tenon::log(tenon::LogLevel::kWarning, text); }

void warn_if(bool set, const char* field, const char* why) {
  if (set) warn(std::string("'") + field + "' has no effect here: " + why);
}

tenon::Options parsed(const json& settings) {
  std::vector<std::string> warnings;
  tenon::Options options = tenon::parse_options(settings.dump(), &warnings);
  for (const std::string& text : warnings) warn(text);
  return options;
}

/// {kFloat} is the default of old and means the module's own precisions.
json precisions(const std::set<DataType>& types) {
  json names = json::array();
  for (DataType type : types) {
    const bool known = type == DataType::kFloat || type == DataType::kHalf ||
                       type == DataType::kBFloat16 || type == DataType::kChar;
    TENON_CHECK(known, "enabled_precisions has ",
                type == DataType::kUnknown ? "kUnknown" : dtype_name(type),
                ", wanted kFloat, kHalf or kBFloat16");
    if (type == DataType::kChar)
      warn("enabled_precisions: kChar (int8) has no effect here");
    else
      names.push_back(dtype_name(type));
  }
  return names.size() == 1 && names[0] == "float32" ? json::array() : names;
}

}  // namespace

const char* dtype_name(DataType type) { return row_of(type).name; }
c10::ScalarType scalar_type(DataType type) { return row_of(type).scalar; }

std::string device_name(const Device& device) {
  warn_if(device.dla_core != 0, "device.dla_core", "there is no DLA");
  warn_if(device.allow_gpu_fallback, "device.allow_gpu_fallback", "there is no DLA");
  switch (device.device_type) {
    case Device::DeviceType::kModule:
      return "";
    case Device::DeviceType::kCPU:
      return "cpu";
    case Device::DeviceType::kGPU:
      TENON_CHECK(device.gpu_id >= 0, "device.gpu_id is ", device.gpu_id, ", wanted 0 or more");
      return "cuda:" + std::to_string(device.gpu_id);
    case Device::DeviceType::kDLA:
      break;
  }
  throw Error("device is a DLA; engines are built for the CPU and for CUDA GPUs");
}

tenon::Options options_of(const torchscript::CompileSpec& spec) {
  warn_if(spec.refit, "refit", "engines keep the weights they were built with");
  warn_if(spec.allow_shape_tensors, "allow_shape_tensors", "sizes are always expressions");
  return parsed({{"enabled_precisions", precisions(spec.enabled_precisions)},
                 {"disable_tf32", spec.disable_tf32},
                 {"sparse_weights", spec.sparse_weights},
                 {"debug", spec.debug},
                 {"truncate_double", spec.truncate_long_and_double},
                 {"device", device_name(spec.device)},
                 {"engine_capability", capability_name(spec.capability)},
                 {"num_avg_timing_iters", spec.num_avg_timing_iters},
                 {"workspace_size", spec.workspace_size},
                 {"dla_sram_size", spec.dla_sram_size},
                 {"dla_local_dram_size", spec.dla_local_dram_size},
                 {"dla_global_dram_size", spec.dla_global_dram_size},
                 {"optimization_level", spec.optimization_level},
                 {"timing_cache_path", spec.timing_cache_path},
                 {"require_full_compilation", spec.require_full_compilation},
                 {"min_block_size", spec.min_block_size},
                 {"torch_executed_ops", spec.torch_executed_ops},
                 {"torch_executed_modules", spec.torch_executed_modules}});
}

tenon::Options options_of(const dynamo::CompileSpec& spec) {
  return parsed({{"enabled_precisions", precisions(spec.enabled_precisions)},
                 {"disable_tf32", spec.disable_tf32},
                 {"debug", spec.debug},
                 {"dryrun", spec.dryrun ? "1" : ""},
                 {"truncate_double", spec.truncate_double},
                 {"device", device_name(spec.device)},
                 {"num_avg_timing_iters", spec.num_avg_timing_iters},
                 {"optimization_level", spec.optimization_level},
                 {"timing_cache_path", spec.timing_cache_path},
                 {"require_full_compilation", spec.require_full_compilation},
                 {"min_block_size", spec.min_block_size},
                 {"torch_executed_ops", spec.torch_executed_ops},
                 {"torch_executed_modules", spec.torch_executed_modules}});
}

void check_shapes(const Input& input, size_t index) {
  const size_t rank = input.opt_shape.size();
  TENON_CHECK(input.min_shape.size() == rank && input.max_shape.size() == rank, "input ", index,
              ": min_shape has ", input.min_shape.size(), ", opt_shape ", rank, " and max_shape ",
              input.max_shape.size(), " dimensions, wanted as many");
  for (size_t d = 0; d < rank; ++d) {
    const int64_t low = input.min_shape[d], best = input.opt_shape[d], high = input.max_shape[d];
    TENON_CHECK(0 <= low && low <= best && best <= high, "input ", index, " dimension ", d,
                " has min ", low, ", opt ", best, ", max ", high,
                ", wanted 0 <= min <= opt <= max");
  }
}

}  // namespace torch_tensorrt::detail
