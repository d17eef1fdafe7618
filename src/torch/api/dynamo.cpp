// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/log.h"
#include "torch/api/guard.h"
#include "torch/api/settings.h"
#include "torch/program/compile_program.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt::dynamo {
namespace {

std::optional<tenon::DataType> native_type(DataType type) {
  switch (type) {
    case DataType::kLong:
      return tenon::DataType::kINT64;
    case DataType::kDouble:
      return tenon::DataType::kDOUBLE;
    case DataType::kFloat:
      return tenon::DataType::kFLOAT;
    case DataType::kHalf:
      return tenon::DataType::kHALF;
    case DataType::kChar:
      return tenon::DataType::kINT8;
    case DataType::kInt:
      return tenon::DataType::kINT32;
    case DataType::kBool:
      return tenon::DataType::kBOOL;
    case DataType::kBFloat16:
      return tenon::DataType::kBF16;
    case DataType::kByte:
      return tenon::DataType::kUINT8;
    case DataType::kUnknown:
      break;
  }
  return std::nullopt;
}

std::vector<tenon::torch_bridge::ProgramInput> native_inputs(const std::vector<Input>& inputs) {
  std::vector<tenon::torch_bridge::ProgramInput> native;
  for (const Input& input : inputs) {
    detail::check_shapes(input, native.size());
    native.push_back({input.min_shape, input.opt_shape, input.max_shape, native_type(input.dtype)});
  }
  return native;
}

}  // namespace

std::string compile(const std::string& path_in, const std::string& path_out,
                    const CompileSpec& spec) {
  return detail::translated([&] {
    return tenon::torch_bridge::compile_program(path_in, path_out, native_inputs(spec.inputs),
                                                detail::options_of(spec), spec.progress,
                                                spec.check);
  });
}

std::string convert_program_to_engine(const std::string& path_in, const CompileSpec& spec) {
  return detail::translated([&] {
    const tenon::PlanBytes plan = tenon::torch_bridge::program_to_plan(
        path_in, native_inputs(spec.inputs), detail::options_of(spec), spec.progress);
    return std::string(static_cast<const char*>(plan.data.get()), plan.size);
  });
}

}  // namespace torch_tensorrt::dynamo
