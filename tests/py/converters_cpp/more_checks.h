// SPDX-License-Identifier: Apache-2.0
// Part of others.cpp: names of the converter headers that its converters do not need.
#pragma once

#include <sstream>
#include <string>

#include "core/conversion/converters/converters.h"
#include "core/conversion/evaluators/evaluators.h"

#define EXPECT(condition) \
  if (!(condition)) failures << #condition << "\n"

template <typename F>
std::string message_of(F f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no error";
}

namespace more {

using namespace torch_tensorrt::core::conversion;  // NOLINT: as users' converters do
namespace util = torch_tensorrt::core::util;
namespace log = util::logging;

inline void check_kinds(std::ostream& failures) {
  ConversionCtx ctx;
  auto* x = ctx.net->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims2(2, 3));
  const c10::IValue flag(true), text("a"), place(at::Device(at::kCPU)), half(0.5);
  const c10::IValue flags(c10::List<bool>({true, false})), halves(c10::List<double>({0.5}));
  const c10::IValue tensors(c10::List<at::Tensor>({at::ones({2})}));
  c10::impl::GenericList list(c10::AnyType::get());
  list.push_back(to_ivalue(x));
  const c10::IValue mixed(list);
  EXPECT(Var(x).type() == Var::kITensor && Var(x).isITensor() && !Var(x).isIValue());
  EXPECT(Var(&flag).type() == Var::kIValue && Var(&flag).isBool() && Var(&flag).unwrapToBool());
  EXPECT(Var().type() == Var::kNone && Var(&text).isString() && Var(&place).isDevice());
  EXPECT(Var(&flags).isBoolList() && Var(&flags).unwrapToBoolList().get(0));
  EXPECT(Var(&halves).isDoubleList() && !Var(&half).isDoubleList());
  EXPECT(Var(&tensors).isTensorList() && Var(&tensors).unwrapToTensorList().size() == 1);
  EXPECT(Var(&mixed).isList() && Var(&mixed, &ctx).isITensorList());
  EXPECT(!Var(&tensors).isITensorList() && is_tensor_container(list.get(0)));
  auto held = c10::make_intrusive<TensorContainer>();
  held->hold_tensor(x);
  EXPECT(held->tensor() == x && is_tensor_container(c10::IValue(held)));
  EXPECT(!is_tensor_container(flag));
}

inline void check_context(std::ostream& failures) {
  BuilderSettings settings;
  settings.disable_tf32 = true;
  ConversionCtx ctx(settings);
  EXPECT(ctx.settings.disable_tf32 && !ctx.settings.truncate_long_and_double);
  EXPECT(ctx.num_inputs == 0 && ctx.num_outputs == 0 && ctx.builder && ctx.cfg);
  EXPECT(ctx.logger.reportable_log_level() == log::reportable_level());
  ctx.builder_resources.push_back(std::make_shared<int>(1));
  torch::jit::Graph graph;
  auto* node =
      graph.create(c10::Symbol::fromQualString("aten::abs"), {graph.addInput("x")}, /*outputs=*/2);
  graph.insertNode(node);
  auto* x = ctx.net->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims2(2, 3));
  ctx.RecordNewITensor(node->output(0), x);
  EXPECT(ctx.value_tensor_map.at(node->output(0)) == x && !ctx.CheckLayerAddition(node));
  ctx.AssociateValueAndIValue(node->output(1), c10::IValue(int64_t{7}));
  EXPECT(ctx.evaluated_value_map.at(node->output(1)).toInt() == 7 && ctx.CheckLayerAddition(node));
}

inline void check_groups_of_layers(std::ostream& failures) {
  ConversionCtx ctx;
  torch::jit::Graph graph;
  auto* node = graph.create(c10::Symbol::fromQualString("aten::expand"), {graph.addInput("x")}, 1);
  graph.insertNode(node);
  const auto shape = [](nvinfer1::ITensor* t) { return util::toStr(t->getDimensions()); };
  auto* x = ctx.net->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims2(1, 3));
  EXPECT(shape(converters::add_abs(&ctx, node, x, "abs")) == "[1, 3]");
  auto* low = converters::scalar_to_tensor(&ctx, 0.0);
  auto* high = converters::scalar_to_tensor(&ctx, 1.0);
  EXPECT(shape(converters::clamp(&ctx, x, low, high, "clamp")) == "[1, 3]");
  EXPECT(converters::add_expand(&ctx, node, x, nvinfer1::Dims2(4, -1)));
  EXPECT(shape(ctx.value_tensor_map.at(node->output())) == "[4, 3]");
  auto* size = converters::tensor_to_const(&ctx, torch::tensor({3}, torch::kLong));
  auto* index = converters::tensor_to_const(&ctx, torch::tensor({-1, 0}, torch::kLong));
  EXPECT(shape(converters::normalize_indices(&ctx, size, index, "indices")) == "[2]");
}

inline void check_registrations(std::ostream& failures) {
  const converters::OpConverter refuses = [](ConversionCtx*, const torch::jit::Node*,
                                             converters::args&) { return false; };
  const converters::ConversionPattern pattern{"aten::abs(Tensor self) -> Tensor", refuses};
  converters::args none;
  EXPECT(pattern.signature.find("aten::abs") == 0 && !pattern.converter(nullptr, nullptr, none));
  const auto options = evaluators::EvalOptions()
                           .validSchemas({"aten::mul.int"})
                           .blacklistOutputTypes({c10::StringType::get()});
  EXPECT(options.valid_schemas.count("aten::mul.int") == 1);
  EXPECT(options.blacklisted_output_types.size() == 1);
  const evaluators::NodeEvaluator seven = [](ConversionCtx*, const torch::jit::Node*,
                                             evaluators::kwargs&) { return c10::IValue(7); };
  const evaluators::EvalRegistration made(c10::Symbol::fromQualString("aten::mul"), seven, options);
  evaluators::kwargs empty;
  EXPECT(made.evaluator(nullptr, nullptr, empty)->toInt() == 7);
}

inline void check_log(std::ostream& failures) {
  const log::TorchTRTLogger logger = log::get_logger();
  EXPECT(logger.reportable_log_level() == log::reportable_level());
  EXPECT(log::LogLevel::kINTERNAL_ERROR < log::LogLevel::kERROR);
  EXPECT(log::LogLevel::kDEBUG < log::LogLevel::kGRAPH);
  LOG_INTERNAL_ERROR("a line of internal_error");
  LOG_ERROR("a line of " << "error");
  LOG_WARNING(logger, "a line of warning");
  LOG_INFO("a line of info");
  LOG_GRAPH("a line of graph");
  EXPECT(message_of([] { TORCHTRT_ASSERT(1 == 2, "they " << "differ"); }).find("they differ") !=
         std::string::npos);
  EXPECT(message_of([] { util::throw_error("file.cpp", 7, "the message"); }).find("the message") !=
         std::string::npos);
  EXPECT(util::optTRTDataTypeToScalarType(nvinfer1::DataType::kHALF) == at::kHalf);
  EXPECT(!util::optTRTDataTypeToScalarType(nvinfer1::DataType::kINT4));
}

}  // namespace more

inline void check_more(std::ostream& failures) {
  more::check_kinds(failures);
  more::check_context(failures);
  more::check_groups_of_layers(failures);
  more::check_registrations(failures);
  more::check_log(failures);
}
