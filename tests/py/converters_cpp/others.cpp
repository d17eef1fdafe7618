// SPDX-License-Identifier: Apache-2.0
// Converters for the tests: a custom op with weights and lists, overrides, failures; and checks of
// Var, Weights and the helpers (check_helpers, called through ctypes).

#include <sstream>

#include "core/conversion/converters/converters.h"
#include "core/conversion/evaluators/evaluators.h"
#include "core/util/prelude.h"
#include "more_checks.h"

namespace {

using torch_tensorrt::core::conversion::ConversionCtx;
using torch_tensorrt::core::conversion::Var;
using torch_tensorrt::core::conversion::converters::args;
using torch_tensorrt::core::conversion::converters::RegisterNodeConversionPatterns;
using torch_tensorrt::core::conversion::converters::Weights;
namespace converters = torch_tensorrt::core::conversion::converters;
namespace util = torch_tensorrt::core::util;

/// convcpp::affine: sum over the inputs of x_i * scales[i], then a 1x1 convolution.
bool affine(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto inputs = args[0].unwrapToITensorList();
  const auto scales = args[1].unwrapToDoubleList();
  Weights kernel(ctx, args[2].unwrapToTensor());
  Weights bias = args[3].isNone() ? Weights() : Weights(ctx, args[3].unwrapToTensor());
  TORCHTRT_CHECK(inputs.size() == scales.size(),
                 inputs.size() << " inputs, but " << scales.size() << " scales");
  nvinfer1::ITensor* sum = nullptr;
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto* scale = converters::scalar_to_tensor(ctx, scales.get(i));
    auto* term = converters::add_elementwise(ctx, nvinfer1::ElementWiseOperation::kPROD, inputs[i],
                                             scale, util::node_info(n) + " [scaled]");
    if (sum)
      term = converters::add_elementwise(ctx, nvinfer1::ElementWiseOperation::kSUM, sum,
                                         term->getOutput(0), util::node_info(n) + " [sum]");
    sum = term->getOutput(0);
  }
  auto* conv = ctx->net->addConvolutionNd(*sum, kernel.num_output_maps, kernel.kernel_shape,
                                          kernel.data, bias.data);
  conv->setStrideNd(util::toDims(args[4].unwrapToIntList()));
  conv->setName("affine");
  ctx->AssociateValueAndTensor(n->outputs()[0], conv->getOutput(0));
  return true;
}

/// relu(x) + 100: what it computes shows that it ran.
bool loud_relu(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* relu = ctx->net->addActivation(*x, nvinfer1::ActivationType::kRELU);
  auto* hundred = converters::tensor_to_const(ctx, torch::full({1}, 100.0, torch::kFloat));
  auto* sum = converters::add_elementwise(ctx, nvinfer1::ElementWiseOperation::kSUM,
                                          relu->getOutput(0), hundred, "loud relu");
  ctx->AssociateValueAndTensor(n->outputs()[0], sum->getOutput(0));
  return true;
}

/// The elements as they come: torch tensors for constants, containers for tensors of the network.
bool join(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  std::vector<nvinfer1::ITensor*> tensors;
  for (const c10::IValue& element : args[0].IValue()->toListRef()) {
    if (element.isTensor()) {
      tensors.push_back(converters::tensor_to_const(ctx, element.toTensor()));
    } else {
      using torch_tensorrt::core::conversion::TensorContainer;
      tensors.push_back(element.toCustomClass<TensorContainer>()->tensor());
    }
  }
  auto* cat = ctx->net->addConcatenation(tensors.data(), static_cast<int32_t>(tensors.size()));
  cat->setAxis(static_cast<int>(args[1].unwrapToInt()));
  ctx->AssociateValueAndTensor(n->outputs()[0], cat->getOutput(0));
  return true;
}

/// The schema's default is an int, where the function wants a float.
bool elu(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* layer =
      ctx->net->addActivation(*args[0].ITensorOrFreeze(ctx), nvinfer1::ActivationType::kELU);
  layer->setAlpha(args[1].unwrapToDouble());
  layer->setName(util::node_info(n).c_str());
  ctx->AssociateValueAndTensor(n->outputs()[0], layer->getOutput(0));
  return true;
}

/// convcpp::lifted: x with a dimension in front, times its first size, also if known only at run
/// time.
bool lifted(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensor();
  auto* sizes = converters::getShapeOutput(ctx, x, "sizes");
  auto* first =
      ctx->net->addSlice(*sizes, util::toDims(c10::IntArrayRef{0}),
                         util::toDims(c10::IntArrayRef{1}), util::toDims(c10::IntArrayRef{1}));
  auto* product = converters::add_elementwise(
      ctx, nvinfer1::ElementWiseOperation::kPROD,
      converters::addPadding(ctx, n, x, x->getDimensions().nbDims + 1, false), first->getOutput(0),
      util::node_info(n));
  ctx->cfg->setBuilderOptimizationLevel(0);  // warns: it has no effect
  TORCHTRT_CHECK(ctx->input_is_dynamic, "the test has a run-time size");
  ctx->AssociateValueAndTensor(n->outputs()[0], product->getOutput(0));
  return ctx->CheckLayerAddition(n);
}

/// convcpp::parts: two results, x as it is and its negative, as a list.
bool parts(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* negative = ctx->net->addUnary(*args[0].ITensor(), nvinfer1::UnaryOperation::kNEG);
  auto* same = converters::applyIdentityOp(ctx, args[0].ITensor(), "same");
  c10::impl::GenericList list(c10::AnyType::get());
  list.push_back(torch_tensorrt::core::conversion::to_ivalue(same));
  list.push_back(torch_tensorrt::core::conversion::to_ivalue(negative->getOutput(0)));
  ctx->AssociateValueAndIValue(n->outputs()[0], list);
  return true;
}

/// convcpp::numbers: prints what it was given into the log of the test, and adds nothing.
bool numbers(ConversionCtx*, const torch::jit::Node*, args& args) {
  std::ostringstream seen;
  for (const Var& a : args) seen << a.name() << ": " << a.type_name() << "; ";
  TORCHTRT_THROW_ERROR(seen.str() << args[1].unwrapToDouble() << " " << args[2].unwrapToInt() << " "
                                  << args[3].unwrapToString() << " " << args[4].unwrapToBool()
                                  << " " << args[5].unwrapToInt(17) << " "
                                  << args[6].unwrapToIntList().vec() << " " << args[7].unwrapToInt()
                                  << " " << args[8].IValue()->toDevice());
}

const auto registrations TORCHTRT_UNUSED =
    RegisterNodeConversionPatterns()
        .pattern({"convcpp::affine(Tensor[] xs, float[] scales, Tensor kernel, Tensor? bias=None, "
                  "int[2] stride=1) -> Tensor",
                  affine})
        .pattern({"aten::relu(Tensor self) -> (Tensor)", loud_relu})
        .pattern({"aten::cat(Tensor[] tensors, int dim=0) -> (Tensor)", join})
        .pattern({"aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> "
                  "(Tensor)",
                  elu})
        .pattern({"convcpp::lifted(Tensor x) -> Tensor", lifted})
        .pattern({"convcpp::parts(Tensor x) -> Tensor[]", parts})
        .pattern({"convcpp::numbers(Tensor x, float a, int b, str c, bool d, int? e, int[] f, "
                  "ScalarType g, Device h) -> Tensor",
                  numbers})
        .pattern({"convcpp::refuses(Tensor x) -> Tensor",
                  [](ConversionCtx*, const torch::jit::Node*, args&) -> bool { return false; }})
        .pattern({"convcpp::throws(Tensor x) -> Tensor",
                  [](ConversionCtx*, const torch::jit::Node*, args& args) -> bool {
                    throw std::runtime_error("cannot do " + args[0].type_name());
                  }})
        .pattern({"convcpp::torch_fails(Tensor x) -> Tensor",
                  [](ConversionCtx*, const torch::jit::Node*, args&) -> bool {
                    return torch::ones({2, 3}).matmul(torch::ones({2, 3})).defined();
                  }})
        .pattern({"convcpp::sized(Tensor x, SymInt n) -> Tensor", loud_relu})
        .pattern({"convcpp::broken(Tensor x -> Tensor", loud_relu});

const auto evaluators TORCHTRT_UNUSED =
    torch_tensorrt::core::conversion::evaluators::RegisterNodeEvaluators().evaluator(
        {c10::Symbol::fromQualString("aten::mul"),
         [](ConversionCtx*, const torch::jit::Node* n,
            torch_tensorrt::core::conversion::evaluators::kwargs& args)
             -> std::optional<torch::jit::IValue> {
           return args.at(n->input(0)).unwrapToInt() * args.at(n->input(1)).unwrapToInt() + 1000;
         },
         torch_tensorrt::core::conversion::evaluators::EvalOptions()
             .validSchemas({"aten::mul.int(int a, int b) -> (int)"})
             .blacklistOutputTypes({c10::StringType::get()})});

void check_vars(std::ostream& failures) {
  const c10::IValue four(4), list(c10::List<int64_t>({1, 2})), none, half(0.5);
  Var v(&four), l(&list), n(&none), d(&half);
  v.set_name("dim");
  EXPECT(v.unwrapToInt() == 4 && v.unwrapToDouble() == 4.0 && v.unwrapTo<int64_t>() == 4);
  EXPECT(v.isInt() && !v.isDouble() && v.isScalar() && v.unwrapToScalar().toInt() == 4);
  EXPECT(l.isIntList() && util::toVec(util::toDims(l.unwrapToIntList())).size() == 2);
  EXPECT(n.isNone() && n.isIValue() && n.unwrapToInt(7) == 7 && Var().isNone());
  EXPECT(message_of([&] { v.unwrapToBool(); }) == "argument dim is int, wanted a bool");
  EXPECT(message_of([&] { n.unwrapToInt(); }) == "argument value is None, wanted an int");
  EXPECT(message_of([&] { d.unwrapToInt(3); }) == "argument value is float, wanted an int");
  EXPECT(message_of([&] { v.ITensor(); }).rfind("argument dim is int, wanted a tensor", 0) == 0);
}

void check_weights(std::ostream& failures) {
  ConversionCtx ctx;
  const Weights kernel(&ctx, torch::arange(24, torch::kFloat).reshape({2, 3, 4}).transpose(0, 1));
  EXPECT(kernel.num_output_maps == 3 && kernel.num_input_maps == 2);
  EXPECT(util::toStr(kernel.kernel_shape) == "[4]" && util::toStr(kernel.shape) == "[3, 2, 4]");
  EXPECT(static_cast<const float*>(kernel.data.values)[4] == 12.0f);  // made contiguous
  const Weights scalar(&ctx, 2.5f), integer(&ctx, 3), bias(&ctx, torch::ones({5}, torch::kHalf));
  EXPECT(scalar.data.count == 1 && scalar.shape.nbDims == 0);
  EXPECT(integer.data.type == nvinfer1::DataType::kINT32);
  EXPECT(bias.data.type == nvinfer1::DataType::kHALF && bias.num_output_maps == 5);
  EXPECT(util::toStr(bias.kernel_shape) == "[1]");
}

void check_dims(std::ostream& failures) {
  const nvinfer1::Dims3 d(1, -1, 3);
  EXPECT(util::toStr(d) == "[1, -1, 3]");
  EXPECT(util::toStr(util::toDimsPad(c10::IntArrayRef{2, 3}, 4)) == "[1, 1, 2, 3]");
  EXPECT(util::toStr(util::unpadDims(nvinfer1::Dims4(1, 1, 2, 1))) == "[2, 1]");
  EXPECT(util::toStr(util::squeezeDims(d, 2)) == "[1, 0]");
  EXPECT(util::toStr(util::squeezeDims(d, 0)) == "[-1, 3]");
  EXPECT(util::toStr(util::unsqueezeDims(d, 3)) == "[1, 0, 3, 1]");
  EXPECT(util::volume(nvinfer1::Dims2(2, 3)) == 6);
  EXPECT(message_of([&] { util::volume(d); }).find("run time") != std::string::npos);
  EXPECT(message_of([&] { util::squeezeDims(d, 3); }).find("wanted 0 to 2") != std::string::npos);
  EXPECT(util::broadcastable(nvinfer1::Dims2(2, 1), nvinfer1::Dims3(4, 1, 5)));
  EXPECT(!util::broadcastable(nvinfer1::Dims2(2, 1), nvinfer1::Dims3(4, 1, 5), false));
  EXPECT(!util::broadcastable(nvinfer1::Dims2(2, 3), nvinfer1::Dims2(2, 5)));
  EXPECT(util::ScalarTypeToTRTDataType(at::kLong) == nvinfer1::DataType::kINT64);
  EXPECT(util::TRTDataTypeToScalarType(nvinfer1::DataType::kHALF) == at::kHalf);
  EXPECT(!util::optScalarTypeToTRTDataType(at::kComplexFloat));
}

void check_layers(std::ostream& failures) {
  ConversionCtx ctx;
  const auto shape = [](nvinfer1::ITensor* t) { return util::toStr(t->getDimensions()); };
  auto* x = ctx.net->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims3(-1, 2, 1));
  auto* h = ctx.net->addInput("h", nvinfer1::DataType::kHALF, nvinfer1::Dims2(2, 5));
  auto* sum = converters::add_elementwise(&ctx, nvinfer1::ElementWiseOperation::kSUM, x, h, "sum");
  EXPECT(shape(sum->getOutput(0)) == "[-1, 2, 5]");
  EXPECT(sum->getOutput(0)->getType() == nvinfer1::DataType::kFLOAT);
  auto* padded = converters::addPadding(&ctx, nullptr, x, 5, false);
  EXPECT(shape(padded) == "[1, 1, -1, 2, 1]");
  EXPECT(padded->getDimensionExpression(2) == x->getDimensionExpression(0));
  EXPECT(shape(converters::addUnpadding(&ctx, nullptr, x, 2)) == "[-1, 2]");
  EXPECT(message_of([&] { converters::addUnpadding(&ctx, nullptr, h, 1); }).find("wanted 1") !=
         std::string::npos);
  auto* sizes = converters::getShapeOutput(&ctx, x);
  EXPECT(shape(sizes) == "[3]" && sizes->getType() == nvinfer1::DataType::kINT64);
  auto* stride = converters::tensor_to_const(&ctx, torch::tensor({1, 2, 1}, torch::kLong));
  auto* start = converters::tensor_to_const(&ctx, torch::tensor({0, -1, 0}, torch::kLong));
  const auto ends = converters::normalize_start_and_end(&ctx, sizes, start, sizes, 3, "ends");
  EXPECT(shape(converters::get_slice_size(&ctx, ends[0], ends[1], stride, 3, "n")) == "[3]");
  EXPECT(converters::castITensor(&ctx, x, nvinfer1::DataType::kFLOAT) == x);
  EXPECT(converters::promote_types(nvinfer1::DataType::kHALF, nvinfer1::DataType::kBF16) ==
         nvinfer1::DataType::kFLOAT);
  EXPECT(message_of([&] { ctx.SerializeEngine(); }).find("SerializeEngine") == 0);
}

}  // namespace

/// The failed checks, a line each; "" if none. Static storage.
extern "C" const char* check_helpers() {
  static std::string text;
  std::ostringstream failures;
  try {
    check_vars(failures);
    check_weights(failures);
    check_dims(failures);
    check_layers(failures);
    check_more(failures);
  } catch (const std::exception& e) {
    failures << "exception: " << e.what() << "\n";
  }
  text = failures.str();
  return text.c_str();
}
