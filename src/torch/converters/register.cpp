// SPDX-License-Identifier: Apache-2.0
// RegisterNodeConversionPatterns: user functions into the one table of converters.
#include <ATen/core/grad_mode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/jit/frontend/function_schema_parser.h>

#include "base/log.h"
#include "base/options.h"
#include "torch/converters/keep_outputs.h"
#include "torch/converters/library.h"
#include "torch/converters/node_call.h"
#include "torch/converters/schema.h"
#include "torch_tensorrt/core/conversion/converters/converters.h"

namespace tenon::torch_bridge {
namespace {

namespace trt = torch_tensorrt::core::conversion;

struct Pattern {
  c10::FunctionSchema schema;
  trt::converters::OpConverter converter;
  std::string origin;  // file name of the library
};

trt::BuilderSettings settings_of(const Options& options) {
  trt::BuilderSettings settings;
  for (const std::string& p : options.enabled_precisions) {
    if (p == "float32" || p == "float") settings.enabled_precisions.insert(DataType::kFLOAT);
    if (p == "float16" || p == "half") settings.enabled_precisions.insert(DataType::kHALF);
    if (p == "bfloat16") settings.enabled_precisions.insert(DataType::kBF16);
  }
  settings.device = options.device;
  settings.disable_tf32 = options.disable_tf32;
  settings.debug = options.debug;
  settings.truncate_long_and_double = options.truncate_double;
  settings.num_avg_timing_iters = static_cast<uint64_t>(options.num_avg_timing_iters);
  return settings;
}

/// Torch as C++ code expects it: no gradients, and no Python mode (such as that of fake tensors)
/// between the converter and its ops.
class PlainTorch {
  at::NoGradGuard no_grad_;
  c10::impl::ExcludeDispatchKeyGuard no_python_{
      c10::DispatchKeySet({c10::DispatchKey::Python, c10::DispatchKey::PythonTLSSnapshot})};
};

/// What torch throws has its backtrace in what(); what is no exception has no message at all.
template <typename F>
void with_plain_errors(F f) {
  try {
    f();
  } catch (const c10::Error& e) {
    throw Error(e.what_without_backtrace());
  } catch (const convert::No&) {
    throw;
  } catch (const std::exception&) {
    throw;
  } catch (...) {
    throw Error("it threw something that is no std::exception");
  }
}

void warn_about_config(const Pattern& p, trt::ConversionCtx& ctx) {
  const auto fresh = ctx.builder->createBuilderConfig();
  if (ctx.cfg->getBuilderOptimizationLevel() == fresh->getBuilderOptimizationLevel() &&
      std::string(ctx.cfg->getTimingCachePath()) == fresh->getTimingCachePath() &&
      ctx.cfg->getNbOptimizationProfiles() == 0)
    return;
  log(LogLevel::kWarning, "the converter of ", p.origin, " for ", op_name(p.schema.operator_name()),
      " changed ctx->cfg, which does not reach the engine; give the setting to compile()");
}

void convert_node(const Pattern& p, convert::Ctx& c, const ir::Node& n) {
  convert::network(c);
  trt::ConversionCtx ctx(c.options ? settings_of(*c.options) : trt::BuilderSettings(), c.facade);
  ctx.input_is_dynamic = !c.net.graph.symbols.empty();
  const PlainTorch plain;
  const KeepOutputs keep;  // until the results' layers have copied their weights
  NodeCall node(p.schema, c, n, ctx);
  TENON_CHECK(p.converter(&ctx, node.node(), node.args()), "it returned false for ", p.schema);
  warn_about_config(p, ctx);
  convert::bind_outputs(c, n, node.results());
}

/// An error in a static object would end the process that opens the library, so it becomes the
/// reason of every node of that operator.
void register_broken(const std::string& signature, const std::string& origin,
                     const std::string& why) {
  const std::string reason = "its schema '" + signature + "' cannot be read: " + why;
  log(LogLevel::kError, "the converter of ", origin, " is not used: ", reason);
  std::string op = signature.substr(0, signature.find('('));
  op.erase(0, op.find_first_not_of(' '));
  op.erase(op.find_last_not_of(' ') + 1);
  if (op.find("::") == std::string::npos) return;
  convert::add_user_converter({op, origin, 0, true,
                               [reason](const ir::Node&) { return Support::no(reason); },
                               [reason](convert::Ctx& c, const ir::Node&) { c.no(reason); }});
}

void add_pattern(trt::converters::ConversionPattern p, const std::string& origin) {
  std::shared_ptr<const Pattern> pattern;
  try {
    TENON_CHECK(p.converter, "it has no function");
    pattern = std::make_shared<Pattern>(
        Pattern{torch::jit::parseSchema(p.signature), std::move(p.converter), origin});
  } catch (const c10::Error& e) {
    return register_broken(p.signature, origin, e.what_without_backtrace());
  } catch (const std::exception& e) {
    return register_broken(p.signature, origin, e.what());
  }
  convert::add_user_converter({op_name(pattern->schema.operator_name()), origin, 0, true,
                               [pattern](const ir::Node& n) { return fits(pattern->schema, n); },
                               [pattern](convert::Ctx& c, const ir::Node& n) {
                                 with_plain_errors([&] { convert_node(*pattern, c, n); });
                               }});
}

}  // namespace
}  // namespace tenon::torch_bridge

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace converters {

// Not inlined: its caller is the library that registers.
__attribute__((noinline)) RegisterNodeConversionPatterns&& RegisterNodeConversionPatterns::pattern(
    ConversionPattern p) && {
  tenon::torch_bridge::add_pattern(std::move(p),
                                   tenon::torch_bridge::library_of(__builtin_return_address(0)));
  return std::move(*this);
}

}  // namespace converters
}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
